"""Published values: every row is an argyrodite with a source, and both digitisations of one article are there."""

import pytest

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.published import published_for, published_values


def test_both_series_are_complete_and_every_row_names_its_source():
    rows = published_values()
    collected = [row for row in rows if row.source.startswith("OBELiX")]
    assert len([row for row in collected if row.series == "halides"]) == 9
    assert len([row for row in collected if row.series == "silicon in Li6PS5Br"]) == 13  # twelve and the bromide
    assert all(row.doi and row.source and row.method and row.preparation for row in rows)


def test_two_digitisations_of_one_article_are_listed_with_their_sources():
    chloride = [row for row in published_for("Li24P4S20Cl4") if row.doi == "10.1021/jacs.7b06327"]
    assert sorted(row.conductivity_S_cm for row in chloride) == [1.3e-3, 2.05e-3]
    assert sorted(row.lattice_constant_A for row in chloride) == [9.8614, 9.898]
    assert len({row.source for row in chloride}) == 2


def test_quantities_without_a_source_are_none_not_zero():
    (iodide,) = [row for row in published_for("Li6PS5I") if row.disorder is not None]
    assert iodide.disorder == 0.0
    assert all(row.disorder is None for row in published_for("Li6.5P0.5Si0.5S5Br"))


def test_unknown_formulas_are_refused():
    with pytest.raises(InputError, match="no site"):
        published_for("Li6PS5F")
