import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from secom_core.evaluation import figures
from secom_core.evidence import REFERENCE, Evidence
from secom_core.selection import Comparison, choose, compare
from secom_core.windows import timeline


@pytest.fixture(scope="module")
def is_fail(twin, config):
    """Outcomes of the compared units."""
    return twin.is_fail[timeline(len(twin), config.shares).compared]


@pytest.fixture(scope="module")
def shown(contenders, is_fail):
    """Evidence of a family whose risks are given."""

    def _shown(family, risk):
        found = figures(is_fail, risk, seed=0, n_resamples=200)
        template: Evidence = contenders[REFERENCE].evidence
        return replace(template, family=family, risk=risk, figures=found)

    return _shown


@pytest.fixture(scope="module")
def ranked(shown, is_fail):
    """Evidence of a family that tells fails from passes with a given skill."""

    def _ranked(family, skill, seed=0):
        noise = np.random.default_rng(seed).normal(size=is_fail.size)
        return shown(family, 1 / (1 + np.exp(-(skill * is_fail + noise))))

    return _ranked


def test_family_that_is_better_beyond_noise_is_chosen(ranked, is_fail):
    """A clear lead over the reference goes to the gate, and the reason says how clear it is."""
    found = choose([ranked(REFERENCE, 0.3), ranked("mlp", 3.0)], is_fail, seed=0)

    assert found.family == found.best_searched == "mlp"
    assert found.probability_better >= 0.9
    assert "mlp is chosen" in found.reason


def test_inside_the_noise_the_simpler_is_chosen(ranked, is_fail):
    """A lead that chance could have made leaves the reference in its place, and says so."""
    found = choose([ranked(REFERENCE, 1.5), ranked("mlp", 1.6, seed=2)], is_fail, seed=0)

    assert (found.family, found.best_searched) == (REFERENCE, "mlp")
    assert found.probability_better < 0.9
    assert "inside the noise, so the simpler is chosen" in found.reason


def test_family_with_the_references_own_risks_is_not_better(ranked, is_fail):
    """A tie is no lead."""
    reference = ranked(REFERENCE, 1.5)

    found = choose([reference, replace(reference, family="forest")], is_fail, seed=0)

    assert (found.family, found.probability_better) == (REFERENCE, 0.0)


def test_worse_families_leave_the_reference(ranked, is_fail):
    """If nothing that was searched is as good, the reference goes to the gate."""
    found = choose([ranked("mlp", 0.2), ranked(REFERENCE, 3.0)], is_fail, seed=0)

    assert found.family == REFERENCE


def test_order_of_arrival_does_not_matter(ranked, twin, config):
    """Families end in any order; choice and comparison are the same, equal AUCs included."""
    evidence = [ranked(REFERENCE, 0.5), ranked("mlp", 2.0), ranked("logistic", 1.0)]
    evidence.append(replace(evidence[1], family="xgboost"))

    found = [compare(order, twin, config) for order in permutations(evidence)]

    assert len({each.choice.best_searched for each in found}) == 1
    assert len({each.choice for each in found}) == 1
    assert len({tuple(shown.family for shown in each.evidence) for each in found}) == 1


def test_comparison_puts_the_best_first(ranked, twin, config):
    """Contenders are listed by AUC, the highest first; of equals, the one that would be chosen."""
    evidence = [ranked("logistic", 1.0), ranked(REFERENCE, 0.5), ranked("mlp", 2.0)]
    evidence.append(replace(evidence[2], family="xgboost"))

    found = compare(evidence, twin, config)

    aucs = [each.figures.auc.value for each in found.evidence]
    assert aucs == sorted(aucs, reverse=True)
    assert found.evidence[0].family == found.choice.best_searched
    assert found.chosen.family == found.choice.family


def test_real_contenders_are_compared_on_what_development_predicted(contenders, twin, config):
    """What a run fitted is compared as it is."""
    found = compare([each.evidence for each in contenders.values()], twin, config)

    assert {each.family for each in found.evidence} == set(contenders)
    assert found.choice.best_searched == "logistic"


def test_holdout_is_not_looked_at(ranked, twin, config):
    """Other outcomes in the holdout make the same choice."""
    evidence = [ranked(REFERENCE, 0.5), ranked("mlp", 2.0)]
    is_fail = twin.is_fail.copy()
    is_fail[timeline(len(twin), config.shares).holdout] ^= True

    choices = {
        compare(evidence, units, config).choice for units in (twin, replace(twin, is_fail=is_fail))
    }

    assert len(choices) == 1


def test_comparison_travels_as_json(contenders, twin, config):
    """The gate reads what `select` wrote."""
    sent = compare([each.evidence for each in contenders.values()], twin, config)

    read = Comparison.from_json(json.loads(json.dumps(sent.to_json())))

    assert read.choice == sent.choice
    assert read.to_json() == sent.to_json()
    np.testing.assert_array_equal(read.chosen.risk, sent.chosen.risk)
