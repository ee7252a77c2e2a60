"""Ab initio trajectories of Li6PS5I at 500 K against the table that came with them."""

from pathlib import Path

import numpy as np
import pytest

from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.report import load
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

DATA = Path(__file__).parents[1] / "data"
COMPLETE = Path(__file__).parents[5] / "shared" / "data" / "aimd" / "Li6PS5I"


@pytest.fixture(scope="module", params=["0p", "50p"])
def system(request):
    return request.param, Trajectory.read(DATA / f"Li6PS5I-{request.param}.bin")


def test_the_mean_square_displacement_is_that_of_the_table(system):
    name, trajectory = system
    msd = mean_square_displacement(trajectory)
    values = msd.along()[np.searchsorted(msd.lags_ps, [9.9, 34.9])]
    # the table's 50p run is longer than the 60 ps of the copy, hence the wider margin
    expected, margin = {"0p": ([2.9, 6.6], 0.02), "50p": ([5.4, 14.3], 0.06)}[name]
    np.testing.assert_allclose(values, expected, rtol=margin)


def test_the_apparent_slopes_are_those_of_the_table(system):
    name, trajectory = system
    msd = mean_square_displacement(trajectory)
    expected, margin = {"0p": ([2.9, 2.6, 2.3], 0.03), "50p": ([6.7, 6.1, 5.6], 0.07)}[name]
    for (start, end), value in zip([(2, 20), (5, 35), (10, 50)], expected, strict=True):
        inside = (msd.lags_ps > start - 0.01) & (msd.lags_ps < end + 0.01)
        slope = np.polyfit(msd.lags_ps[inside], msd.along()[inside], 1)[0]
        assert slope / 6 * 100 == pytest.approx(value, rel=margin)


def test_the_ordered_crystal_is_caged_and_the_disordered_one_diffuses():
    ordered = diffusivity(Trajectory.read(DATA / "Li6PS5I-0p.bin"), 500.0)
    assert not ordered.valid
    assert "caged" in ordered.reason
    assert 1e-6 < ordered.upper_bound_cm2_s < 3e-6
    disordered = diffusivity(Trajectory.read(DATA / "Li6PS5I-50p.bin"), 500.0)
    assert disordered.valid
    # the table's 10-50 ps slope and the mean of its halves
    assert disordered.estimate.low < 5.6e-6 < disordered.estimate.high
    assert disordered.estimate.low < 6.5e-6 < disordered.estimate.high


@pytest.mark.skipif(not COMPLETE.is_dir(), reason="the complete ab initio trajectories are not beside this checkout")
def test_twelve_gzipped_xdatcar_pieces_give_the_thinned_copies(system):
    name, thinned = system
    whole = load(sorted((COMPLETE / name).glob("run*/XDATCAR.gz")), 100.0)
    assert whole.frames == {"0p": 700, "50p": 600}[name]
    np.testing.assert_allclose(whole.positions_A[::5], thinned.positions_A, atol=1e-4)
