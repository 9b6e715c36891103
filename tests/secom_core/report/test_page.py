"""The page as a whole."""

import re
from dataclasses import replace

import numpy as np

from secom_core.dataset import quality
from secom_core.evaluation import auc_figure, capture_rate_at
from secom_core.report import render
from secom_core.report.sensors import sensors_that_matter
from tests.secom_core.report.parsing import Page

SECTIONS = (
    "decision",
    "ability",
    "families",
    "time",
    "risks",
    "sensors",
    "data",
    "shuffled",
    "making",
)
HOSTILE = "<script>alert('x')</script> & \" $\\alpha"


def test_sections_follow_the_readers_questions(page):
    """The decision comes first, how it was made comes last, and the contents link to each."""
    ids = [found for found in page.all("id") if found in SECTIONS]

    assert tuple(ids) == SECTIONS
    assert [f"#{found}" for found in SECTIONS] == [
        attributes["href"] for tag, attributes in page.elements if tag == "a"
    ]


def test_same_data_give_the_same_bytes(run, html):
    """A report made twice is the same to the byte."""
    assert render(run) == html


def test_page_needs_nothing_from_elsewhere(page, html):
    """No script, no address to fetch from, and a policy that would stop both."""
    tags = {tag for tag, _ in page.elements}
    addresses = [*page.all("href"), *page.all("src"), *page.all("xlink:href")]

    assert not tags & {"script", "iframe", "object", "embed", "img", "form", "base"}
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    assert not re.search(r"url\((?!#)|@import|https?://", html)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.all("content")


def test_references_inside_the_page_meet_one_element(page, html):
    """Charts drawn apart do not share ids, and no reference points nowhere."""
    ids = page.all("id")
    pointed_at = {found for found in page.all("href") if found.startswith("#")}
    pointed_at |= {f"#{found}" for found in re.findall(r"url\(#([^)]*)\)", html)}

    assert len(ids) == len(set(ids))
    assert pointed_at <= {f"#{found}" for found in ids}


def test_charts_say_what_they_show(page):
    """Who cannot see a chart is told in words; who reads a table by ear hears its headers."""
    charts = [attributes for tag, attributes in page.elements if tag == "svg"]
    headers = [attributes for tag, attributes in page.elements if tag == "th"]

    assert len(charts) == 13
    assert all(len(chart["aria-label"]) > 30 and chart["role"] == "img" for chart in charts)
    assert len({chart["aria-label"] for chart in charts}) == 13
    assert {header["scope"] for header in headers} == {"col", "row"}


def test_banner_is_on_what_the_twin_made(page, html):
    """Everything made from the twin says so on top and in the title."""
    assert "SYNTHETIC Everything on this page was made from the twin" in page.text
    assert "<title>SYNTHETIC: " in html


def test_real_units_have_no_banner_and_text_from_outside_is_text(run, with_verdict):
    """Whatever a source, a sensor, a run or a reason is called, it is shown and never run."""
    sensors = tuple(f"{HOSTILE} {n}" for n in range(590))
    units = replace(run.units, source=HOSTILE, sensors=sensors, is_synthetic=False)
    data = replace(with_verdict(reasons=(HOSTILE, HOSTILE)), run_id=HOSTILE, units=units)

    html = render(data)

    assert "SYNTHETIC" not in html
    assert Page(html).text.count(HOSTILE) == 5 + 2 * len(sensors_that_matter(data))
    assert "<script" not in html


def test_decision_stands_on_top(page, run):
    """The first thing to read is what was decided, then the reasons in the gate's own words."""
    reasons = " ".join(run.judgement.verdict.reasons)

    assert f"9 Making The champion stays {reasons} Conditions of the gate" in page.text
    assert "verdict keep" in page.all("class")


def test_conditions_stand_as_the_gate_found_them(run, page):
    """Each condition is a row with its answer, what was found and what was needed."""
    for condition in run.judgement.verdict.conditions:
        answer = "✓ yes" if condition.is_met else "✗ no"

        assert [condition.name, answer, condition.value, condition.needed] in page.rows


def test_contenders_are_named_by_digest(run, page):
    """Challenger and champion are told apart by the first digits of their digests."""
    champion = run.judgement.verdict.champion

    assert f"Challenger {run.challenger.digest[:12]} reference, made from the" in page.text
    assert f"Champion {champion[:12]} goes on serving." in page.text


def test_promoted_challenger_replaces_the_champion(run, with_verdict):
    """Where the gate compared the two, each has its AUC and its catch on the same units."""
    is_fail, judgement = run.holdout.is_fail, run.judgement
    risks = judgement.risk, judgement.champion_risk
    aucs = [auc_figure(is_fail, risk, seed=0) for risk in risks]
    caught = [f"{capture_rate_at(is_fail, risk, 0.2):.1%}" for risk in risks]
    contest = replace(judgement.verdict.contest, challenger_auc=aucs[0], champion_auc=aucs[1])

    page = Page(render(with_verdict(decision="promote", contest=contest)))

    assert "A new champion" in page.text
    assert "verdict promote" in page.all("class")
    for auc, share in zip(aucs, caught, strict=True):
        assert f"AUC {auc}; {share} of the fails in the riskiest 20%." in page.text
    assert f"Champion {judgement.verdict.champion[:12]} replaced by the challenger." in page.text


def test_refused_first_challenger_has_a_page(run, with_verdict):
    """Without champion and conditions the page says so instead of leaving gaps."""
    data = with_verdict(
        decision="none", basis="refused", conditions=(), signal=None, contest=None, champion=None
    )
    page = Page(render(replace(data, judgement=replace(data.judgement, champion_risk=None))))

    assert ["None was judged."] in page.rows
    assert "No champion" in page.text
    assert "Champion There was none. Not judged." in page.text
    assert page.row("bundle on the holdout")[-1] == str(
        auc_figure(run.holdout.is_fail, run.judgement.risk, seed=run.config.seed)
    )


def test_families_stand_with_their_figures(run, page):
    """Each family's figures are those of its evidence, the highest AUC first, the chosen marked."""
    aucs = [str(found.figures.auc) for found in run.comparison.evidence]
    rows = [row for row in page.rows if len(row) == 6 and row[1] in aucs]

    assert [row[1] for row in rows] == aucs
    assert rows[0][0] == f"{run.comparison.choice.family} chosen"
    assert [row[2] for row in rows] == [
        str(found.figures.average_precision) for found in run.comparison.evidence
    ]
    assert run.comparison.choice.reason in page.text


def test_every_combination_is_shown(run, page):
    """What a search tried is there, with PCA marked wherever it was tried."""
    (searched,) = (found for found in run.comparison.evidence if found.tried)
    best = max(auc for _, auc in searched.tried)
    rows = [row for row in page.rows if row[0].startswith("selection ") and len(row) == 2]

    assert [row[1] for row in rows] == [f"{auc:.3f}" for _, auc in searched.tried]
    assert ["PCA" in row[0] for row in rows] == [
        params["selection"] == "pca" for params, _ in searched.tried
    ]
    assert [row[1] for row in rows if "best" in row[0]] == [f"{best:.3f}"]


def test_gap_between_random_and_temporal_split_is_shown(run, page):
    """The random split's AUC, that in time order, and passing everything stand side by side."""
    shuffled, temporal = (
        f"{found.auc.value:.3f}" for found in (run.hindsight.shuffled, run.hindsight.temporal)
    )

    assert f"has an AUC of {shuffled}; in time order it has {temporal}." in page.text
    assert page.row("passing everything")[1] == f"{1 - run.holdout.is_fail.mean():.1%}"


def test_quality_is_that_of_all_units(run, page):
    """The large numbers are those of the data's own summary."""
    found = quality(run.units)

    assert f"of {found.n_sensors} sensors constant {len(found.constant)} " in page.text
    assert f"of all readings missing {found.overall_missing_share:.1%} " in page.text


def test_making_is_told_in_full(run, page):
    """Digests, seed, source and the time that fitting took are there to start again from."""
    assert run.units.digest in page.text
    assert run.units.source in page.text
    assert "run run-7 made 2008-10-18 09:00" in page.text
    assert page.row("comparison afterwards") == ["comparison afterwards", "2", "0.8", "0.5"]
    assert run.challenger.card.limits[0] in page.text


def test_holdout_without_fails_has_a_report(run, with_verdict):
    """A window too short for any figure leaves gaps, not an error."""
    is_fail = run.units.is_fail.copy()
    is_fail[run.cuts.holdout] = False
    data = replace(
        with_verdict(signal=None, contest=None), units=replace(run.units, is_fail=is_fail)
    )

    page = Page(render(data))

    assert page.row("Capture rate")[1:] == ["–", "", "there are none"]
    assert page.row("bundle on the holdout")[2:] == ["0", "100", "–"]


def test_weights_are_named_where_there_are_any(run, html):
    """Who reads rates of the line on a page of few units is told so, and nobody else."""
    weight = np.where(np.arange(len(run.units)) % 5 == 0, 10.0, 1.0)

    weighted = render(replace(run, units=replace(run.units, weight=weight)))

    assert "<strong>Weighted.</strong>" in weighted
    assert "weighted" not in html.lower()
