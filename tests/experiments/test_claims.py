"""What was said, beside the record and the model."""

import numpy as np
import pytest

from experiments import claims
from sim.data import tables


@pytest.fixture(scope="module")
def measured():
    """Figures of two small runs."""
    return claims.run([0, 1], 0.01)


def test_every_head_count_that_was_claimed_stands_with_its_number():
    numbers = {claim.number for claim in claims.claims()}
    rows = [row for row in tables.rows("published_statistics") if row["use"] == "claim"]
    assert len(rows) == 6
    for row in rows:
        if row["id"] != "overcharging_g4s":  # of another service, and off by default
            assert f"{float(row['value']):,.0f}" in numbers


def test_published_figures_are_read_from_the_notes():
    since = " ".join(claim.since for claim in claims.claims())
    for number in ("106,000", "13,531", "3.7bn", "529", "60 percent", "46 of all", "0 of 86"):
        assert number in since


def test_every_measure_is_measured_and_every_figure_is_shown(measured):
    assert {name for claim in claims.claims() for name in claim.measures} == set(measured)
    text = "\n".join(claims.lines(measured))
    for claim in claims.claims():
        assert claim.said in text
    for name, values in measured.items():
        assert name in text
        assert values.shape == (2,)
        assert np.isfinite(values).all()


def test_figures_are_of_the_country_whatever_the_scale(measured):
    means = {name: values.mean() for name, values in measured.items()}
    both = means["with companies in 2015"] + means["with the NPS in 2015"]
    assert both == pytest.approx(234_528, rel=0.15)
    assert means["companies"] == 21
    assert 300 < means["paid to companies, million pounds a year"] < 700
    assert means["of leavers in 2018, promised Through the Gate, percent"] == 100
    assert 15 < means["of leavers in 2018, seen by it, percent"] < 45
    within = [
        means[f"of leavers of short sentences in 2013, reoffended within {d} days, percent"] for d in (18, 91, 182)
    ]
    assert within == sorted(within)
    assert 0 < means["of high risk and in the community at the end of 2019"] < means["with the NPS in 2018"]
