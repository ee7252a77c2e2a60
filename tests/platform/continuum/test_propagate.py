import numpy as np
import pytest

from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.errors import InputError
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.continuum.homogenize import effective_diffusivity
from argyro.platform.continuum.mesh.mesh import mesh
from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
from argyro.platform.continuum.plots import draw_map
from argyro.platform.continuum.propagate import propagate
from argyro.platform.continuum.regimes import arrhenius_bend, takeover
from argyro.platform.continuum.voxel_interpolation import surface_through_voxels

KELVINS = np.linspace(200.0, 600.0, 9)


def arrhenius(prefactor_cm2_s, barrier_eV, kelvins=KELVINS):
    return prefactor_cm2_s * np.exp(-np.asarray(barrier_eV)[..., None] / (BOLTZMANN_EV_K * kelvins))


@pytest.fixture(scope="module")
def iodide(small_mesh):
    """Draw 20 posterior samples of an ordered bulk with a high barrier and boundaries with a low barrier."""
    generator = np.random.default_rng(0)
    bulk = arrhenius(1e-2, 0.45 + 0.005 * generator.standard_normal(20))
    boundary = arrhenius(1e-3, 0.25 + 0.005 * generator.standard_normal(20))
    meshes = [small_mesh, mesh(voronoi_polycrystal(8, seed=2))]
    return bulk, propagate(meshes, bulk, boundary, 0.877 * boundary, 2.5, [30.0, 1000.0], KELVINS)


def test_every_sample_is_the_answer_of_its_polycrystal(small_mesh):
    bulk, boundary = arrhenius(1e-2, np.array([0.45])), arrhenius(1e-3, np.array([0.25]))
    found = propagate([small_mesh], bulk, boundary, boundary, 2.5, [40.0, 100.0], KELVINS)
    one = effective_diffusivity(small_mesh, bulk[0, 3], boundary[0, 3], boundary[0, 3], 2.5, 100.0, "direct")
    assert found.samples_cm2_s[0, 3, 1] == pytest.approx(one.mean_cm2_s, rel=1e-3)
    assert found.basis_error <= 1e-3
    assert (found.microstructure_scatter == 0).all()


def test_the_map_without_errors_is_the_same_map(small_mesh):
    bulk, kelvins, sizes_nm = np.array([[1e-6, 2e-6]]), [300.0, 400.0], [30.0, 1000.0]
    arguments = ([small_mesh], bulk, 3 * bulk, bulk / 2, 1.0, sizes_nm, kelvins)
    whole, quick = propagate(*arguments), propagate(*arguments, errors=False)
    assert np.array_equal(whole.samples_cm2_s, quick.samples_cm2_s)
    assert whole.mesh_error > 0 and quick.mesh_error == 0.0


def test_intervals_and_conductivity(iodide):
    _, found = iodide
    effective = found.effective_cm2_s(temperature=4, size=0)
    assert effective.low < effective.value < effective.high
    assert (found.microstructure_scatter > 0).all()
    conductivity = found.conductivity_S_cm(0.024, temperature=4, size=0)
    assert conductivity.value == pytest.approx(conductivity_S_cm(effective.value, 0.024, KELVINS[4]))


def test_nernst_einstein_of_a_known_conductor():
    # Li5.5PS4.5Cl1.5: D(300 K) = 1.01e-11 m²/s and 22 Li in (9.806 Å)³ give 1.5 mS/cm by hand.
    assert conductivity_S_cm(1.01e-7, 22 / 9.806**3, 300.0) == pytest.approx(1.458e-2, rel=0.01)


def test_fast_boundaries_take_over_in_the_cold(iodide):
    bulk, found = iodide
    small, large = (takeover(KELVINS, bulk, found.samples_cm2_s[:, :, size]) for size in (0, 1))
    assert small.fast
    assert large.fast
    assert large.temperature_K.value < small.temperature_K.value  # larger grains have less boundary volume
    assert small.share == 1.0


def test_a_mixture_of_barriers_is_not_arrhenius_and_one_barrier_is(iodide):
    bulk, found = iodide
    bend = arrhenius_bend(KELVINS, found.samples_cm2_s[:, :, 0])
    assert bend.non_arrhenius
    assert bend.cold_eV.value < bend.hot_eV.value
    straight = arrhenius_bend(KELVINS, bulk)
    assert not straight.non_arrhenius
    assert straight.cold_eV.value == pytest.approx(0.45, abs=0.005)


def test_no_takeover_where_boundaries_are_like_the_bulk():
    bulk = arrhenius(1e-2, np.full(5, 0.3))
    found = takeover(KELVINS, bulk, 1.1 * bulk)
    assert found.temperature_K is None
    assert found.share == 0


def test_takeover_temperature_by_hand():
    bulk = arrhenius(1e-2, np.array([0.4]))
    ratio = np.exp(2000.0 * (1 / KELVINS - 1 / 300.0)) * 2  # equals 2 at 300 K, linear in 1/T
    assert takeover(KELVINS, bulk, bulk * ratio).temperature_K.value == pytest.approx(300.0)
    assert takeover(KELVINS, bulk, bulk / ratio).temperature_K.value == pytest.approx(300.0)


def test_two_temperatures_show_no_bend():
    with pytest.raises(InputError, match="bend"):
        arrhenius_bend(KELVINS[:2], np.ones((1, 2)))


def test_samples_of_the_wrong_shape(small_mesh):
    with pytest.raises(InputError, match="samples"):
        propagate([small_mesh], np.ones(3), np.ones(3), np.ones(3), 2.5, [100.0], [300.0])


def test_the_map_is_drawn(iodide, tmp_path):
    draw_map(iodide[1], tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000


@pytest.mark.slow
def test_thick_boundaries_of_a_posterior_from_a_few_voxel_solutions(small_mesh):
    generator = np.random.default_rng(3)
    bulk, along, across = (level * np.exp(0.3 * generator.standard_normal(40)) for level in (1.0, 0.4, 0.3))
    found, error = surface_through_voxels(small_mesh, bulk, along[:, None], across[:, None], 5.0, 20.0)
    assert error < 0.01
    for k in (3, 17):
        one = effective_diffusivity(small_mesh, bulk[k], along[k], across[k], 5.0, 20.0, "voxel").mean_cm2_s
        assert found[k] == pytest.approx(one, rel=error)
    mapped = propagate([small_mesh], bulk[:, None], along[:, None], across[:, None], 5.0, [20.0], [300.0])
    np.testing.assert_allclose(mapped.samples_cm2_s[:, 0, 0], found)
