"""Energy and volume of grain boundaries as descriptors."""

import json
from dataclasses import replace

import numpy as np
import pytest
from synthetic_laws import Law, World

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.boundaries.excess import boundary_energy_J_m2, excess_volume_A
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.data.excess import SCALE_A, SCALE_J_M2, USUAL_A, USUAL_J_M2, Excess
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.models.surrogate import Surrogate
from argyro.surrogates.training.accuracy_table import evaluate
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

TWIST, TILT = "sigma5(001)[001]", "sigma3(1-12)[110]"
BOUNDARIES = (
    TWIST,
    TILT,
    "sigma5(021)[100]",
    "sigma3(-111)[110]",
    "sigma5(031)[100]",
    "sigma7(111)[111]",
    "sigma9(2-21)[110]",
    "sigma11(110)[110]",
)
KERNELS = SurrogateOptions(candidates=("gp",))


def seen(cell, composition, boundary, excess):
    atoms = cell(composition, 0.5, boundary)
    return Observation(atoms, "parallel", 600.0, -13.8, 0.1, width_nm=2.0, thickness_nm=5.0, excess=excess)


def test_a_class_of_boundaries_is_the_mean_over_its_materials(cell):
    """Two runs of the chloride, one of which gave two diffusivities, count as one material beside the iodide."""
    found = BoundaryExcess.of(
        [
            seen(cell, "Li6PS5Cl", TWIST, Excess(0.1, 0.4)),
            seen(cell, "Li6PS5Cl", TWIST, Excess(0.1, 0.4)),
            seen(cell, "Li6PS5Cl", TWIST, Excess(0.3, 0.6)),
            seen(cell, "Li6PS5I", TWIST, Excess(0.4, 1.1)),
            seen(cell, "Li6PS5I", TILT, None),
        ]
    )
    numbers = {"energy_J_m2": pytest.approx(0.3), "volume_A": pytest.approx(0.8), "materials": 2}
    assert found.to_json() == {TWIST: numbers}
    assert BoundaryExcess.from_json(found.to_json()) == found


def test_descriptors_are_departures_from_the_usual_boundary_on_fixed_scales():
    known = BoundaryExcess(
        {TWIST: Excess(USUAL_J_M2 + SCALE_J_M2, USUAL_A), TILT: Excess(USUAL_J_M2, USUAL_A - 2 * SCALE_A)},
        {TWIST: 1, TILT: 1},
    )
    described = {name: known.describe(Identity.of("Li6PS5Cl", 0.5, name))[-2:] for name in (*BOUNDARIES[:3], "bulk")}
    np.testing.assert_allclose(described[TWIST], [1, 0], atol=1e-9)
    np.testing.assert_allclose(described[TILT], [0, -2], atol=1e-9)
    np.testing.assert_allclose(described[BOUNDARIES[2]], [0.5, -1], atol=1e-9)  # not simulated: the mean of the others
    np.testing.assert_array_equal(described["bulk"], 0)
    np.testing.assert_array_equal(BoundaryExcess().describe(Identity.of("Li6PS5Cl", 0.5, TWIST))[-2:], 0)


@pytest.mark.parametrize(("cells", "areas", "boundaries"), [(2, 2, 2), (3, 1, 6)])
def test_descriptors_do_not_change_with_the_size_of_the_cell(cells, areas, boundaries):
    """A cell repeated along its boundaries has more area, one repeated across them has more boundaries."""
    atoms, bulk = {"Li": 48, "P": 8}, {"Li": 24, "P": 4}

    def described(repeated, areas, boundaries):
        counts = {element: repeated * count for element, count in atoms.items()}
        shape = (100.0 * areas, boundaries)
        excess = Excess(
            boundary_energy_J_m2(repeated * -399.0, counts, -201.0, bulk, *shape),
            excess_volume_A(repeated * 2150.0, counts, 1000.0, bulk, *shape),
        )
        return BoundaryExcess({TWIST: excess}, {TWIST: 1}).describe(Identity.of("Li6PS5Cl", 0.5, TWIST))

    np.testing.assert_allclose(described(cells, areas, boundaries), described(1, 1, 2), rtol=1e-12)


@pytest.mark.slow
def test_left_out_boundaries_are_predicted_better_by_their_excess(cell):
    """Where barriers grow by 0.2 eV per Å of excess volume and boundaries differ in nothing else, that is all there is
    to know of a boundary that was left out.
    """
    world = World(scatter_eV=0.005, departure=0.05, seed=1, law=Law(excess_eV_A=0.2))
    cells = [cell(c, 0.5, b) for c in ("Li6PS5Cl", "Li6PS5I") for b in ("bulk", *BOUNDARIES)]
    observations = world.observe(cells, (600.0, 800.0))

    def mae_dex(observations):
        (result,) = (r for r in evaluate(observations, KERNELS) if r.split == "leave-one-boundary-out")
        return result.scores["gp"].mae_dex

    assert mae_dex(observations) < 0.7 * mae_dex([replace(observation, excess=None) for observation in observations])


def test_a_saved_surrogate_knows_its_boundaries(small_campaign, cell, tmp_path):
    surrogate = train_surrogate(small_campaign, KERNELS)
    surrogate.save(tmp_path)
    loaded = Surrogate.load(tmp_path)
    assert set(loaded.excess.mean) == {TWIST} and loaded.excess == surrogate.excess
    energy = surrogate.excess.mean[TWIST].energy_J_m2
    assert f"| {TWIST} | {energy:.2f} |" in (tmp_path / "README.md").read_text()
    unseen = cell("Li6PS5Br", 0.2, TILT)
    before, after = (s.predict(unseen, (500.0,)).samples for s in (surrogate, loaded))
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_an_older_format_is_refused_with_the_repair(small_campaign, tmp_path):
    train_surrogate(small_campaign, KERNELS).save(tmp_path)
    file = tmp_path / "surrogate.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))
    with pytest.raises(InputError, match=r"format 2.*argyro run"):
        Surrogate.load(tmp_path)


def test_what_is_no_excess_is_refused(cell):
    with pytest.raises(InputError, match="not finite"):
        Excess(0.2, float("nan"))
    with pytest.raises(InputError, match="no excess"):
        Observation(cell("Li6PS5Cl", 0.5), "bulk", 600.0, -13.8, 0.1, excess=Excess(0.2, 0.7))
