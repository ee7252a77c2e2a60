import numpy as np
import pytest

from argyro.surrogates.forward.reference_discrepancy import UNMEASURED, Discrepancy


def test_a_soft_reference_stretches_the_barriers():
    """7net-l3i5: slope 0.936 on Li, so barriers are 1 / 0.936 - 1 = 6.9 % too low."""
    prior = Discrepancy.of("sevennet 0.13.0", "7net-l3i5")
    assert prior.mean == pytest.approx(1 / 0.9358 - 1)
    assert 0.03 < prior.sigma < 0.05


@pytest.mark.parametrize(("source", "sigma"), [("", 0.0), ("vasp 6.4", 0.0), ("unheard-of 1.0", UNMEASURED)])
def test_references_without_a_measured_bias(source, sigma):
    assert Discrepancy.of(source) == Discrepancy(0.0, sigma, Discrepancy.of(source).halide_sigma)


def test_unnamed_model_of_a_reference_is_less_certain():
    """Its variance is the mean of those of the models plus that of their means."""
    models = [Discrepancy.of("sevennet 0.13.0", model) for model in ("7net-0", "7net-l3i5")]
    within, between = np.mean([model.sigma**2 for model in models]), np.var([model.mean for model in models])
    assert Discrepancy.of("sevennet 0.13.0").sigma ** 2 == pytest.approx(within + between)


def test_materials_share_the_common_part_and_halides_differ():
    drawn = Discrepancy(0.05, 0.03, 0.02).draw(["Li6PS5Cl", "Li6PS5Br", "Li6PS5Cl"], 100_000, seed=0)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    assert drawn.mean() == pytest.approx(0.05, abs=1e-3)
    assert np.corrcoef(drawn[:, :2].T)[0, 1] == pytest.approx(0.03**2 / (0.03**2 + 0.02**2), abs=0.02)
