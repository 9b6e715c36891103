"""Every alert fires when it should, and only then: in promtool, which needs no cluster."""

import shutil
import subprocess
from collections import defaultdict

import pytest
import yaml

from manifests.rules import generate
from manifests.rules.rule import Alert, to_yaml
from tests.manifests.alerting import of_monitors, of_predictors, of_requests
from tests.manifests.alerting.case import filled, to_promtool

pytestmark = pytest.mark.e2e

_CASES = [*of_requests.CASES, *of_predictors.CASES, *of_monitors.CASES]


@pytest.fixture(scope="session")
def promtool():
    """Prometheus' own tool."""
    found = shutil.which("promtool")
    assert found, "promtool is not on the PATH: it comes with Prometheus"
    return found


@pytest.mark.parametrize("group", generate.groups(), ids=lambda group: group.name)
def test_alerts_fire_and_stay_silent(group, promtool, tmp_path):
    """Each fires with exact labels and words; not a moment before, nor without its metrics."""
    (tmp_path / "rules.yaml").write_text(filled(to_yaml((group,))))
    names = {rule.name for rule in group.rules if isinstance(rule, Alert)}
    alike = defaultdict(list)
    for case in _CASES:
        if case.alert in names:
            alike[case.every].append(case)
    files = [f"every-{every}.yaml" for every in alike]
    for file, cases in zip(files, alike.values(), strict=True):
        (tmp_path / file).write_text(yaml.safe_dump(to_promtool(cases, rules="rules.yaml")))

    _run(promtool, "test", "rules", *files, folder=tmp_path)


def test_rules_are_well_formed(promtool, tmp_path):
    """Prometheus takes the file that the chart carries, as it is and filled in."""
    (tmp_path / "rules.yaml").write_text(filled(generate.PATH.read_text()))

    _run(promtool, "check", "rules", "--lint-fatal", str(generate.PATH), folder=tmp_path)
    _run(promtool, "check", "rules", "--lint-fatal", "rules.yaml", folder=tmp_path)


def _run(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
