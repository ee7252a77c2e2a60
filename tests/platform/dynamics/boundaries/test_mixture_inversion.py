import numpy as np
import pytest
from results import measured
from walkers import layered_walk

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.boundaries.mixture_inversion import UnphysicalBoundaryError, boundary_diffusivity
from argyro.platform.dynamics.diffusion.tracer import diffusivities


def test_the_mixtures_are_inverted():
    bulk, parallel, perpendicular, width, thickness = 4e-6, 1e-6, 0.5e-6, 2.5, 10.0
    share = width / thickness
    along = share * parallel + (1 - share) * bulk
    across = 1 / (share / perpendicular + (1 - share) / bulk)
    sharp = {"log_sigma": 1e-4}
    result = boundary_diffusivity(
        measured(along, **sharp), measured(across, **sharp), measured(bulk, **sharp), width, thickness
    )
    assert result.parallel.value == pytest.approx(parallel, rel=1e-2)
    assert result.perpendicular.value == pytest.approx(perpendicular, rel=1e-2)
    assert result.width_nm == 2.5
    assert result.parallel_physical_share == result.perpendicular_physical_share == 1.0
    assert result.to_json()["boundary_parallel_cm2_s"]["value"] == result.parallel.value


def test_the_value_depends_on_the_width():
    """(1 - D_GB,∥ / D_bulk) × width is all that a slow cell fixes: 0.44 of the bulk at 2.5 nm is 0.125 at 1.6 nm."""
    cell, bulk = measured(0.776, log_sigma=1e-3), measured(1.0, log_sigma=1e-3)
    wide = boundary_diffusivity(cell, cell, bulk, 2.5, 6.25).parallel.value
    thin = boundary_diffusivity(cell, cell, bulk, 1.6, 6.25).parallel.value
    assert wide == pytest.approx(0.44, abs=0.01)
    assert thin == pytest.approx(0.125, abs=0.01)


def test_a_run_too_short_to_cross_the_layers_says_so():
    """An MSD of 20 Å² in three dimensions is 2.6 Å along z, far less than 5 nm."""
    result = boundary_diffusivity(measured(1e-6), measured(1e-6), measured(1e-6), 2.0, 5.0)
    assert result.layers_crossed is False
    plain = measured(1e-6).estimate
    assert boundary_diffusivity(plain, plain, plain, 2.0, 5.0).layers_crossed is None


def test_intervals_cover_the_truth():
    hits = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        noisy = [value * np.exp(0.05 * random.normal()) for value in (0.6 * 2 + 0.4 * 1, 1 / (0.6 / 2 + 0.4 / 1), 2.0)]
        result = boundary_diffusivity(*(measured(value) for value in noisy), width_nm=2.0, thickness_nm=5.0, seed=seed)
        for value in (result.parallel, result.perpendicular):
            hits.append(value.low <= 1.0 <= value.high)
    assert 0.90 <= np.mean(hits) <= 0.98


def test_two_layers_of_random_walkers_recover_the_layers():
    """Thin layers crossed many times; D∥ and D⊥ of the layer come back from the whole cell."""
    truth = {"parallel": 0.5, "perpendicular": 0.2, "bulk": 1.0}
    trajectory = layered_walk(truth, layer_A=4.0, period_A=8.0, frames=500, ions=700)
    cell = diffusivities(trajectory, 500.0, ("xy", "z"), estimator="exact")
    bulk = measured(truth["bulk"] * 1e-4, log_sigma=1e-3)
    result = boundary_diffusivity(cell["xy"], cell["z"], bulk, width_nm=0.4, thickness_nm=0.8)
    assert result.parallel.low <= truth["parallel"] * 1e-4 <= result.parallel.high
    assert result.perpendicular.low <= truth["perpendicular"] * 1e-4 <= result.perpendicular.high
    assert result.perpendicular.high < 0.3e-4
    assert result.layers_crossed


def test_a_cell_slower_than_its_grains_allow_is_refused():
    slow, bulk = measured(0.5e-6), measured(1e-6)
    with pytest.raises(UnphysicalBoundaryError, match="slower along the boundary than its grains"):
        boundary_diffusivity(slow, slow, bulk, width_nm=1.0, thickness_nm=5.0)
    fast = measured(2e-6)
    with pytest.raises(UnphysicalBoundaryError, match="faster across the boundary than its grains"):
        boundary_diffusivity(fast, fast, bulk, width_nm=1.0, thickness_nm=5.0)


def test_a_barely_physical_cell_says_how_much_of_it_is():
    result = boundary_diffusivity(measured(0.82e-6), measured(0.7e-6), measured(1e-6), 1.0, 5.0)
    assert 0.5 <= result.parallel_physical_share < 1.0
    assert result.parallel.low > 0


@pytest.mark.parametrize("width", [0.0, -1.0, 5.0, 7.0])
def test_an_impossible_width_is_refused(width):
    with pytest.raises(InputError, match="does not fit"):
        boundary_diffusivity(measured(1e-6), measured(1e-6), measured(1e-6), width, 5.0)


def test_upper_bounds_are_refused():
    with pytest.raises(InputError, match="the bulk diffusivity at 500 K is only an upper bound"):
        boundary_diffusivity(measured(1e-6), measured(1e-6), measured(0, bound=1e-7), 1.0, 5.0)
