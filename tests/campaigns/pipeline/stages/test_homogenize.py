"""The mixture of boundaries of a campaign, beside each type."""

import numpy as np
import pytest
from ase import Atoms

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.stages.homogenize import _mixed, mixtures, parts_of
from argyro.campaigns.pipeline.stages.ranking import _best
from argyro.campaigns.spec.material import BoundaryType, Cell
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.continuum.boundary_mixture import mixed_layer
from argyro.surrogates.models.prediction import Prediction

TWIST, TILT = "sigma5(001)[001]", "sigma5(021)[100]"


def campaign(boundaries):
    spec = {
        "name": "mixture",
        "materials": [{"composition": c, "disorder": 0.0} for c in ("Li6PS5Cl", "Li6PS5Br")],
        "boundaries": boundaries,
        "temperatures_K": [500, 600],
        "grain_sizes_nm": [100],
    }
    return Campaign.model_validate(spec)


def test_shares_add_the_mixture_of_each_material_to_the_ranking():
    items = build_graph(campaign({TWIST: 0.3, TILT: 0.7})).items()
    label = f"{TWIST}=0.3 + {TILT}=0.7"
    mixture = items[f"homogenize/Li6PS5Cl 0 %/{label}"]
    types = [items[f"structure/Li6PS5Cl 0 %/{name}/0"].key for name in (TWIST, TILT)]
    assert list(mixture.parents["candidate"]) == types
    assert mixture.key in items["ranking"].parents["candidates"]
    assert len(items["ranking"].parents["candidates"]) == 2 * 3


def test_without_shares_there_is_no_mixture_and_the_items_stay():
    assert mixtures(campaign([TWIST, TILT])) == []
    plain, shared = (build_graph(campaign(given)).items() for given in ([TWIST, TILT], {TWIST: 0.3, TILT: 0.7}))
    name = f"homogenize/Li6PS5Cl 0 %/{TWIST}"
    assert plain[name].inputs == shared[name].inputs


def test_types_are_mixed_by_their_names():
    material = campaign([TWIST]).screened[0]
    candidate = Cell(material, BoundaryType(f"{TWIST}=0.25 + {TILT}=0.75"))
    assert [part.boundary for part in parts_of(candidate)] == [TWIST, TILT]
    values = {TWIST: [1.0, 2.0, 2.0], TILT: [1.0, 8.0, 8.0]}
    predictions = {
        name: Prediction((600.0,), np.array(each)[None, :, None], np.ones((1, 3)), 1.0, ())
        for name, each in values.items()
    }
    cells = [Atoms(info={"boundary": name}) for name in (TILT, TWIST)]  # in another order than the shares
    mixed = _mixed([predictions[cell.info["boundary"]] for cell in cells], cells, candidate)
    assert mixed.samples[0, 0, 0] == 1.0
    expected = mixed_layer(np.array([2.0, 8.0]), np.array([2.0, 8.0]), [0.25, 0.75])
    assert mixed.samples[0, 1:, 0] == pytest.approx(expected)


def test_the_best_of_each_sample_shares_the_probability():
    samples = [np.array([1.0, 5.0, 3.0, 4.0]), np.array([2.0, 1.0, 1.0, 1.0])]
    assert _best(samples) == [0.75, 0.25]


def test_equal_candidates_share_the_probability():
    """A single crystal has the same conductivity at every grain size."""
    assert _best([np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.array([0.5, 4.0])]) == [0.25, 0.25, 0.5]
