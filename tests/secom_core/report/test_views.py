"""What the sections compute for themselves."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.drift import psi
from secom_core.errors import EvidenceError
from secom_core.evaluation import auc_figure, capture_rate_at, curves, figures, flag_figures
from secom_core.evaluation.reliability import wilson_interval
from secom_core.report.calibration import calibration
from secom_core.report.capability import capability
from secom_core.report.capacity import capacity_view
from secom_core.report.condition import condition
from secom_core.report.contenders import contenders
from secom_core.report.ranking import ranking
from secom_core.report.seen import development, holdout
from secom_core.report.sensors import N_SHOWN, sensors_that_matter
from secom_core.report.shuffling import shuffling
from secom_core.report.timewise import FEW_FAILS, timewise
from secom_core.report.verdict import verdict_view


def _with_flagged(run, flagged):
    return replace(run, judgement=replace(run.judgement, flagged=flagged))


def test_recorded_contest_is_not_mixed_with_this_runs_risks(run, with_verdict):
    """A verdict from the ledger may be on another champion: no figure of this one is shown."""
    auc = auc_figure(run.holdout.is_fail, run.judgement.risk, seed=0)
    contest = replace(run.judgement.verdict.contest, challenger_auc=auc, champion_auc=auc)

    judged, recorded = (
        verdict_view(with_verdict(contest=contest, basis=basis)) for basis in ("judged", "recorded")
    )

    assert all(side.did for side in judged.sides)
    assert not any(side.did for side in recorded.sides)


def test_ability_counts_fails_and_inspections(run):
    """Caught, escaped and inspected are counted on the holdout, unit by unit."""
    flagged = np.zeros(len(run.holdout), dtype=bool)
    fails = np.flatnonzero(run.holdout.is_fail)
    passes = np.flatnonzero(~run.holdout.is_fail)
    flagged[fails[:2]] = flagged[passes[:8]] = True

    found = capability(_with_flagged(run, flagged))

    assert (found.n_caught, found.n_escaped, found.n_inspected) == (2, fails.size - 2, 10)
    assert [row.value for row in found.rows] == [
        f"{10 / flagged.size:.1%}",
        f"{2 / fails.size:.1%}",
        f"{(fails.size - 2) / (flagged.size - 10):.1%}",
        f"{8 / passes.size:.1%}",
        "20.0%",
    ]
    assert found.rows[-1].beside == "5 inspections for each fail caught"


def test_catching_all_fails_is_no_certainty(run):
    """Seven of seven caught leave it open that a tenth escapes in the long run."""
    found = capability(_with_flagged(run, run.holdout.is_fail))

    assert found.rows[1].value == "100.0%"
    assert found.rows[1].interval == "64.6% to 100.0%"


def test_inspecting_nothing_has_no_yield(run):
    """Where nothing is inspected there is nothing to divide by."""
    found = capability(_with_flagged(run, np.zeros(len(run.holdout), dtype=bool)))

    assert found.rows[-1].value == "–"


def test_pca_is_said_to_help_where_it_does(run):
    """A family whose best combination is PCA's is named, with both figures."""
    (searched,) = (found for found in run.comparison.evidence if found.tried)
    tried = (({"selection": "pca", "n_components": 20}, 0.7), ({"selection": "all"}, 0.6))
    evidence = tuple(
        replace(found, tried=tried) if found is searched else found
        for found in run.comparison.evidence
    )

    pca = contenders(replace(run, comparison=replace(run.comparison, evidence=evidence))).pca

    assert pca.verdict == f"It helped {searched.family} inside the last training window."
    assert (pca.rows[0].with_pca, pca.rows[0].without) == (0.7, 0.6)
    assert contenders(run).pca.verdict.startswith("No: ")


def test_windows_have_the_auc_of_their_own_units(run):
    """Each window's AUC is of its units alone, and the bundle's is the gate's."""
    shown, _ = timewise(run, holdout(run).figures)
    folds = run.cuts.hindsight_folds
    first = run.cuts.compared.start

    for window, fold in zip(shown.windows, folds, strict=True):
        is_fail = run.units.is_fail[fold.test]
        risk = run.hindsight.temporal_risk[fold.test.start - first : fold.test.stop - first]
        assert window.n_fails == is_fail.sum()
        assert window.is_telling == (window.n_fails >= FEW_FAILS)
        assert window.auc == auc_figure(is_fail, risk, seed=run.config.seed)
    assert shown.bundle.auc == run.judgement.verdict.signal.holdout_auc


def test_figures_are_not_computed_anew_where_they_are_known(run):
    """Development's figures are the evidence's, and the holdout's AUC is the gate's."""
    assert development(run).figures is run.comparison.chosen.figures
    assert holdout(run).figures.auc == run.judgement.verdict.signal.holdout_auc
    assert (
        holdout(run).figures.brier
        == figures(run.holdout.is_fail, run.judgement.risk, seed=run.config.seed).brier
    )


@pytest.mark.parametrize(
    ("cost", "note"),
    [
        (0.0, "Nobody has named the cost of a missed fail, so that three examples are drawn."),
        (25.0, "A missed fail costs 25 inspections, as configured."),
    ],
)
def test_cost_curve_needs_no_cost(run, cost, note):
    """With a cost its curve is drawn with a band, without one three examples are."""
    data = replace(run, config=replace(run.config, missed_fail_cost=cost))

    found = ranking(data, [development(data), holdout(data)])

    assert found.cost_note == note
    assert ("fill-opacity" in found.cost) == bool(cost)


def test_units_that_set_the_size_of_risks_do_not_judge_it(run):
    """On development, whose calibration window set the risks, only their order has figures."""
    rows = ranking(run, [development(run), holdout(run)]).rows

    unjudged = {row.label for row in rows if row.values[0] == "–"}

    assert unjudged == {"Brier loss", "calibration slope"}
    assert all(row.values[1] != "–" for row in rows)


def test_top_share_starts_from_the_calibration_window(run):
    """Units of the holdout rank among those before them, so that equal risks flag none."""
    flat = np.full(len(run.holdout), run.comparison.chosen.risk.min())
    data = replace(run, judgement=replace(run.judgement, risk=flat, flagged=flat > 1))

    threshold, top_share = capacity_view(data).modes

    assert threshold.inspected == top_share.inspected == "0.0%"


def test_steadier_mode_is_named(run):
    """The mode whose rate stays nearer to capacity is the one that is recommended."""
    everything = np.ones(len(run.holdout), dtype=bool)

    found = capacity_view(_with_flagged(run, everything))

    assert found.modes[0].off == pytest.approx(0.8)
    assert found.summary.startswith(f"The steadier mode here is “{found.modes[1].name}”")


def test_sensors_are_ranked_by_effect(run):
    """The sensors shown are those with the largest mean change of risk, in either direction."""
    sizes = np.abs(run.effects).mean(axis=0)
    shown = sensors_that_matter(run)

    assert [sensor.effect for sensor in shown] == sorted(sizes, reverse=True)[:N_SHOWN]
    assert shown[0].width == 1
    assert shown[0].name == run.units.sensors[run.challenger.sensors_read[np.argmax(sizes)]]


@pytest.mark.parametrize(
    ("sign", "direction"), [(1, "high readings raise it"), (-1, "low readings raise it")]
)
def test_direction_is_that_of_readings_and_effects(run, sign, direction):
    """Where higher readings go with higher risk the table says so, and the other way round."""
    bundle = run.challenger
    columns = list(bundle.sensors_read)
    distance = run.holdout.readings[:, columns] - bundle.reference.median[columns]
    spread = np.nanstd(distance, axis=0)
    effects = sign * np.nan_to_num(distance) / np.where(spread > 0, spread, 1)

    shown = sensors_that_matter(replace(run, effects=effects))

    assert {sensor.direction for sensor in shown} == {direction}


def test_sensors_without_effect_are_left_out(run):
    """A model that reads nothing has no sensors to show, and its report still has a page."""
    still = replace(run, effects=np.zeros_like(run.effects))

    assert sensors_that_matter(still) == ()
    assert condition(still, ()).heat == ()


def test_drift_is_measured_against_the_first_window(run):
    """Every cell is the PSI of one sensor between the first training window and one month."""
    shown = sensors_that_matter(run)
    first = run.cuts.folds[0].train
    in_month = run.units.measured_at.astype("datetime64[M]")

    heat = condition(run, shown).heat

    for sensor, (name, cells) in zip(shown, heat, strict=True):
        readings = run.units.readings[:, sensor.column]
        found = [psi(readings[first], readings[in_month == month]) for month in np.unique(in_month)]
        assert name == sensor.name
        assert [cell.psi for cell in cells] == [f"{each:.2f}" for each in found]
        assert [cell.level for cell in cells] == [
            sum(each >= limit for limit in (0.1, 0.25, 1)) for each in found
        ]


def test_judgement_of_other_units_is_refused(run):
    """Risks that are not of this holdout are no report's."""
    shorter = replace(run.judgement, risk=run.judgement.risk[:-1])

    with pytest.raises(EvidenceError, match="each of the 100 units of the holdout, got 99"):
        replace(run, judgement=shorter)


def test_effects_of_other_units_are_refused(run):
    """Effects must be of the challenger's sensors on the holdout."""
    with pytest.raises(EvidenceError, match="expected effects on 100 units of 40 sensors"):
        replace(run, effects=run.effects[:, :-1])


@pytest.fixture(scope="module")
def weighed(run):
    """The run with weights: one unit in five stands for more, and whoever was not flagged."""
    weight = np.where(np.arange(len(run.units)) % 5 == 0, 6.0, 1.0)
    weight[run.cuts.holdout] += np.where(run.judgement.flagged, 0.0, 9.0)
    return replace(run, units=replace(run.units, weight=weight))


def test_rates_are_weighted_and_units_counted(weighed):
    """What flagging would do to the line is not what it does to the units looked at."""
    flagged, is_fail = weighed.judgement.flagged, weighed.holdout.is_fail
    weight = weighed.holdout.weight

    found = capability(weighed)

    assert found.n_inspected == flagged.sum()
    assert found.n_units == flagged.size
    assert found.inspection_rate == pytest.approx(np.average(flagged, weights=weight))
    shares = [
        np.average(hits[among], weights=weight[among])
        for hits, among in (
            (flagged, np.ones_like(flagged)),
            (flagged, is_fail),
            (is_fail, ~flagged),
            (flagged, ~is_fail),
            (is_fail, flagged),
        )
    ]
    assert [row.value for row in found.rows] == [f"{share:.1%}" for share in shares]
    n_units = weight.sum() ** 2 / (weight**2).sum()
    low, high = wilson_interval(np.array(shares[:1]), np.array([n_units]))
    assert found.rows[0].interval == f"{low[0]:.1%} to {high[0]:.1%}"


def test_both_windows_are_measured_by_weight(weighed):
    """Figures and curves of each window are those of the line."""
    on, risk = weighed.holdout, weighed.judgement.risk
    before = weighed.units.window(weighed.cuts.compared)
    first, last = development(weighed), holdout(weighed)

    assert last.figures.brier == figures(on.is_fail, risk, seed=0, weight=on.weight).brier
    assert last.figures.flagged == flag_figures(
        on.is_fail, weighed.judgement.flagged, seed=0, weight=on.weight
    )
    assert last.fail_share == pytest.approx(np.average(on.is_fail, weights=on.weight))
    for seen, units in ((first, before), (last, on)):
        expected = curves(units.is_fail, seen.risk, seed=0, weight=units.weight)
        np.testing.assert_array_equal(seen.curves.capture.low, expected.capture.low)


def test_windows_in_time_are_measured_by_weight(weighed):
    """The AUC of a window is that of the units which its own stand for."""
    found, _ = timewise(weighed, None)

    fold = weighed.cuts.hindsight_folds[0].test
    units = weighed.units.window(fold)
    risk = weighed.hindsight.temporal_risk[: len(units)]
    assert found.windows[0].auc == auc_figure(units.is_fail, risk, seed=0, weight=units.weight)
    assert found.windows[0].n_units == len(units)


def test_fails_caught_by_each_side_are_weighted(weighed):
    """Of the riskiest fifth of the line, on units later than what either has seen."""
    auc = auc_figure(weighed.holdout.is_fail, weighed.judgement.risk, seed=0)
    contest = replace(weighed.judgement.verdict.contest, challenger_auc=auc)
    verdict = replace(weighed.judgement.verdict, contest=contest)
    judged = replace(weighed, judgement=replace(weighed.judgement, verdict=verdict))
    is_later = weighed.holdout.measured_at > np.datetime64(contest.later_than)
    later = weighed.holdout.take(is_later)

    side, _ = verdict_view(judged).sides

    caught = capture_rate_at(
        later.is_fail, weighed.judgement.risk[is_later], 0.2, weight=later.weight
    )
    assert f"{caught:.1%} of the fails" in side.did


def test_charts_and_comparisons_are_drawn_by_weight(weighed):
    """Whatever is shown of the line changes with what the units stand for."""
    sides = (weighed, unweighed(weighed))
    groups = [calibration([holdout(each)], 0.2) for each in sides]
    drifts = [condition(each, []).months for each in sides]
    ranked = [sensors_that_matter(each)[0].effect for each in sides]
    bars = [shuffling(each, None).accuracy_of_passing_everything for each in sides]

    for weighted, plain in (drifts, ranked, bars):
        assert weighted != plain
    assert groups[0].reliability != groups[1].reliability
    assert groups[0].histogram != groups[1].histogram


def test_modes_hold_capacity_by_weight(weighed):
    """Both modes inspect a share of the line, not of the units looked at."""
    threshold, top_share = capacity_view(weighed).modes

    expected = np.average(weighed.judgement.flagged, weights=weighed.holdout.weight)
    assert threshold.inspected == f"{expected:.1%}"
    assert top_share.inspected != capacity_view(unweighed(weighed)).modes[1].inspected


def unweighed(run):
    """The run without weights."""
    return replace(run, units=replace(run.units, weight=None))
