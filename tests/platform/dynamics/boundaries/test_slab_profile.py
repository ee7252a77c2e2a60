import numpy as np
import pytest
from walkers import brownian, layered_walk

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.boundaries.excess import boundary_energy_J_m2, excess_volume_A
from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile, mean_profile, slab_profile, suggested_width_nm


@pytest.fixture(scope="module")
def layered():
    """Slow layer of 12 Å in a period of 40 Å: a boundary at height 6 Å."""
    from dataclasses import replace

    truth = {"parallel": 0.05, "perpendicular": 0.05, "bulk": 0.4}
    walk = layered_walk(truth, layer_A=12.0, period_A=40.0, frames=200, ions=500)
    return replace(walk, cell_A=np.diag([40.0, 40.0, 40.0]))


def test_the_profile_shows_the_layer_and_its_width(layered):
    profile = slab_profile(layered, [6.0 / 40.0], slab_A=2.0, lag_ps=1.0)
    assert profile.distance_A[-1] == pytest.approx(19.0, abs=0.5)
    inside, outside = profile.distance_A < 4.0, profile.distance_A > 9.0
    np.testing.assert_allclose(profile.parallel_cm2_s[inside], 0.05e-4, rtol=0.3)
    np.testing.assert_allclose(profile.parallel_cm2_s[outside], 0.4e-4, rtol=0.3)
    np.testing.assert_allclose(profile.density_A3, 500 / 40**3, rtol=0.2)
    width = suggested_width_nm(profile.distance_A, profile.parallel_cm2_s, profile.parallel_half_cm2_s)
    assert width == pytest.approx(1.2, abs=0.2)
    assert profile.to_json()["lag_ps"] == 1.0


def test_a_uniform_crystal_suggests_no_width():
    walk = brownian([0.4, 0.4, 0.4], ions=200, frames=300)
    profile = slab_profile(walk, [0.25, 0.75], lag_ps=0.5)
    assert suggested_width_nm(profile.distance_A, profile.parallel_cm2_s, 2 * profile.parallel_half_cm2_s) is None


def test_profiles_without_planes_or_time_are_refused():
    walk = brownian([1.0] * 3)
    with pytest.raises(InputError, match="needs boundary planes"):
        slab_profile(walk, [])
    with pytest.raises(InputError, match="too short for lags"):
        slab_profile(walk, [0.5], lag_ps=20.0)


def test_excess_volume_and_energy_by_hand():
    bulk, cell = {"Li": 24, "P": 4}, {"Li": 48, "P": 8}
    assert excess_volume_A(2100.0, cell, 1000.0, bulk, area_A2=100.0, boundaries=2) == pytest.approx(0.5)
    # 0.02 eV/Å² are 0.32 J/m²
    assert boundary_energy_J_m2(-396.0, cell, -200.0, bulk, area_A2=100.0, boundaries=2) == pytest.approx(
        0.32, abs=0.001
    )
    with pytest.raises(InputError, match="the same composition"):
        excess_volume_A(1.0, {"Li": 47, "P": 8}, 1.0, bulk, 1.0, 1)


def test_the_mean_of_profiles_is_sharper_and_survives_json(layered):
    profile = slab_profile(layered, [6.0 / 40.0], slab_A=2.0, lag_ps=1.0)
    again = SlabProfile.from_json(profile.to_json())
    mean = mean_profile([profile, again])
    np.testing.assert_allclose(mean.parallel_cm2_s, profile.parallel_cm2_s)
    np.testing.assert_allclose(mean.parallel_half_cm2_s, profile.parallel_half_cm2_s / np.sqrt(2))
    assert mean.lag_ps == profile.lag_ps
