import json
from dataclasses import replace

import pytest

from secom_core.card import Card
from secom_core.errors import BundleError


@pytest.fixture(scope="module")
def card():
    """A card of a forest on real units."""
    return Card(
        family="forest",
        params={"selection": "f", "n_sensors": "40"},
        seed=3,
        data_digest="ab" * 32,
        is_synthetic=False,
        n_units=1254,
        n_fails=87,
        fitted_from="2008-07-19T11:55:00",
        fitted_until="2008-09-20T00:00:00",
        seen_until="2008-09-30T00:00:00",
        figures={"auc": (0.6331234567, 0.5470000004, 0.7130000000), "brier": (0.06, 0.05, 0.07)},
    )


def test_card_travels_as_json(card):
    """Every field comes back; figures to six digits, so that noise does not name a bundle."""
    read = Card.from_json(json.loads(json.dumps(card.to_json())))

    assert read.figures["auc"] == (0.633123, 0.547, 0.713)
    assert replace(read, figures=card.figures) == card


def test_rounding_noise_leaves_the_card_as_it_is(card):
    """Figures that differ in the last digits of a float give one card."""
    noisy = replace(
        card, figures={name: tuple(x + 1e-13 for x in f) for name, f in card.figures.items()}
    )

    assert noisy.to_json() == card.to_json()


@pytest.mark.parametrize("missing", ["family", "figures", "limits"])
def test_card_without_a_field_is_refused(card, missing):
    """A card of a version that did not write a field is refused, and the field named."""
    fields = card.to_json()
    del fields[missing]

    with pytest.raises(BundleError, match=f"fields of this version: {missing}"):
        Card.from_json(fields)


def test_card_with_an_unknown_field_is_refused(card):
    """A card of a later version is refused, not read in part."""
    with pytest.raises(BundleError, match="fields of this version: fairness"):
        Card.from_json(card.to_json() | {"fairness": 1})


def test_page_says_what_a_reader_needs(card):
    """Intended use, data, times, parameters, figures with intervals, and every limit are on it."""
    page = card.to_markdown()

    assert page.startswith("# Model card: forest\n")
    for said in (
        card.intended_use,
        "SECOM, UCI 179",
        card.data_digest,
        "| units seen | 1254, 87 of them fails |",
        "2008-07-19T11:55:00 to 2008-09-20T00:00:00",
        "| calibrated and threshold set until | 2008-09-30T00:00:00 |",
        "n_sensors = 40, selection = f",
        "| auc | 0.633 | 0.547 to 0.713 |",
        *card.limits,
    ):
        assert said in page


def test_synthetic_card_says_so(card):
    """Nobody takes a bundle made from the twin for one made from a line."""
    synthetic = replace(card, is_synthetic=True)

    assert "synthetic twin, not a real line" in synthetic.to_markdown()
    assert synthetic.headline["data"] == "synthetic"


def test_headline_fits_a_row_of_a_table(card):
    """A list of bundles shows family, AUC with interval, and what data it was."""
    assert card.headline == {
        "family": "forest",
        "auc": 0.633,
        "auc_interval": "[0.547, 0.713]",
        "data": "real",
        "data_digest": "ab" * 6,
    }
