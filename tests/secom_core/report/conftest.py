"""A run on the twin, and its report."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core import explain, gate
from secom_core.evaluation import figures
from secom_core.hindsight import Hindsight
from secom_core.judgement import Judgement
from secom_core.report import ReportData, render
from secom_core.selection import compare
from secom_core.windows import timeline
from tests.secom_core.report.parsing import Page


@pytest.fixture(scope="session")
def run(twin, config, contenders, bundles):
    """A run in which the reference's bundle beats the champion, one of logistic regression."""
    cuts = timeline(len(twin), config.shares)
    holdout = twin.window(cuts.holdout)
    comparison = compare([each.evidence for each in contenders.values()], twin, config)
    challenger = bundles[comparison.choice.family]
    (other,) = (bundles[family] for family in bundles if family != comparison.choice.family)
    said, champion_said = (each.judge(holdout.readings) for each in (challenger, other))
    temporal = np.concatenate([comparison.chosen.risk, said.risk])
    shuffled = np.where(twin.is_fail, 0.5, 0.4) + 0.1 * np.sin(np.arange(len(twin)))
    return ReportData(
        run_id="run-7",
        made_at="2008-10-18 09:00",
        units=twin,
        config=config,
        comparison=comparison,
        challenger=challenger,
        judgement=Judgement(
            verdict=gate.judge(
                _contender(challenger, said.risk),
                _contender(other, champion_said.risk),
                trial=gate.Trial(
                    development_is_fail=twin.is_fail[cuts.compared],
                    development_risk=comparison.chosen.risk,
                    is_flagged=said.flagged,
                    max_inspection_rate=config.max_inspection_rate,
                ),
                holdout=gate.Holdout(
                    digest=holdout.digest,
                    is_fail=holdout.is_fail,
                    measured_at=holdout.measured_at,
                ),
                ledger=[],
                seed=0,
            ),
            risk=said.risk,
            flagged=said.flagged,
            champion_risk=champion_said.risk,
        ),
        hindsight=Hindsight(
            temporal_risk=temporal,
            temporal=figures(twin.is_fail[cuts.compared.start :], temporal, seed=1),
            shuffled=figures(twin.is_fail, shuffled, seed=1),
            fit_seconds=(0.25, 0.5),
        ),
        effects=explain.effects(challenger, holdout.readings, challenger.reference.median),
    )


def _contender(bundle, risk):
    return gate.Contender(
        digest=bundle.digest,
        contract=bundle.contract,
        is_synthetic=bundle.is_synthetic,
        seen_until=np.datetime64(bundle.card.seen_until),
        risk=risk,
    )


@pytest.fixture(scope="session")
def html(run):
    """The report of that run."""
    return render(run)


@pytest.fixture(scope="session")
def page(html):
    """That report, taken apart."""
    return Page(html)


@pytest.fixture
def with_verdict(run):
    """The run with another verdict."""

    def change(**changes):
        verdict = replace(run.judgement.verdict, **changes)
        return replace(run, judgement=replace(run.judgement, verdict=verdict))

    return change
