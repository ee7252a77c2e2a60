import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.homogenize import effective_diffusivity, homogenize_batch
from argyro.surrogates.homogenized.polycrystal import Polycrystal


def samples(count, spread, seed=0):
    """Bulk, parallel and perpendicular, in cm²/s."""
    return 1e-7 * np.exp(np.random.default_rng(seed).normal(scale=spread, size=(3, count)))


@pytest.mark.parametrize("spread", [0.3, 6.0])  # of ln D: a measured material, and one far from all data
def test_samples_equal_the_finite_elements(polycrystal, spread):
    drawn = samples(100, spread)
    found = polycrystal.effective_cm2_s(*drawn, 2.5, 40.0)
    for k in range(3):
        direct = effective_diffusivity(polycrystal.mesh, *drawn[:, k], 2.5, 40.0, "direct").mean_cm2_s
        assert found[k] == pytest.approx(direct, rel=0.01)


def test_the_table_is_within_half_a_percent_of_the_solutions_it_stands_for(polycrystal):
    rng = np.random.default_rng(1)
    bulk, width_over_size = np.full(300, 1e-7), 10 ** rng.uniform(-4, -1, 3)
    parallel, perpendicular = 1e-7 * 10 ** rng.uniform(-4, 4, (2, 300))
    errors = []
    for share in width_over_size:
        found = polycrystal.effective_cm2_s(bulk, parallel, perpendicular, share, 1.0)
        solved = homogenize_batch(polycrystal.mesh, bulk, parallel, perpendicular, share, 1.0, "reduced").mean_cm2_s
        errors.append(np.abs(found / solved - 1))
    assert np.max(errors) < 0.005 and np.mean(errors) < 3e-4


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_what_the_table_does_not_hold_is_solved(polycrystal, factor):
    bulk, parallel, perpendicular = samples(2, 0.3)
    parallel[1] *= factor
    found = polycrystal.effective_cm2_s(bulk, parallel, perpendicular, 2.5, 100.0)
    direct = effective_diffusivity(polycrystal.mesh, bulk[1], parallel[1], perpendicular[1], 2.5, 100.0, "direct")
    assert found[1] == pytest.approx(direct.mean_cm2_s, rel=0.01)


@pytest.mark.parametrize("share", [1e-5, 1e-6])
def test_boundaries_thinner_than_the_table_scale(polycrystal, share, monkeypatch):
    """Thin boundaries conduct by w D_par and resist by w/D_perp alone."""
    rng = np.random.default_rng(2)
    bulk, parallel, perpendicular = np.full(100, 1e-7), *(1e-7 * 10 ** rng.uniform(-3, 4, (2, 100)))
    solved = homogenize_batch(polycrystal.mesh, bulk, parallel, perpendicular, share, 1.0, "reduced").mean_cm2_s
    monkeypatch.setattr(Polycrystal, "_solved", None)
    found = polycrystal.effective_cm2_s(bulk, parallel, perpendicular, share, 1.0)
    np.testing.assert_allclose(found, solved, rtol=5e-3)


def test_grains_must_be_wider_than_their_boundaries(polycrystal):
    assert polycrystal.effective_cm2_s(*samples(1, 0.3), 2.5, 25.0)[0] > 0
    with pytest.raises(InputError, match="at least 25 nm"):
        polycrystal.effective_cm2_s(*samples(1, 0.3), 2.5, 20.0)


def test_saved_polycrystal_answers_the_same(polycrystal, tmp_path):
    polycrystal.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz"}
    again = Polycrystal.load(tmp_path)
    drawn = samples(100, 1.0)
    np.testing.assert_array_equal(
        again.effective_cm2_s(*drawn, 2.5, 100.0), polycrystal.effective_cm2_s(*drawn, 2.5, 100.0)
    )
    with pytest.raises(InputError, match="no polycrystal"):
        Polycrystal.load(tmp_path / "elsewhere")
