import numpy as np
import pytest

from argyro.platform.continuum.homogenize import effective_diffusivity
from argyro.platform.errors import InputError
from argyro.surrogates.polycrystal import Polycrystal


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
