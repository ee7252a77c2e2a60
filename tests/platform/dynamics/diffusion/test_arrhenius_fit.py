import numpy as np
import pytest
from results import measured

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.dynamics.diffusion.arrhenius_fit import arrhenius

TEMPERATURES = (400.0, 450.0, 500.0, 600.0, 700.0, 900.0)


def line(temperature_K, ea_eV=0.3, log_d0=-7.0):
    return np.exp(log_d0 - ea_eV / (BOLTZMANN_EV_K * temperature_K))


def test_an_exact_line_is_recovered():
    fit = arrhenius([measured(line(t), t) for t in TEMPERATURES])
    assert fit.activation_energy_eV.value == pytest.approx(0.3, abs=1e-9)
    assert fit.log_prefactor == pytest.approx(-7.0, abs=1e-9)
    assert fit.at(300.0).value == pytest.approx(line(300.0), rel=1e-9)
    assert fit.is_arrhenius
    assert fit.regimes is None


def test_the_intervals_of_ea_and_of_the_extrapolation_cover_the_truth():
    ea, extrapolated, flagged = [], [], []
    for seed in range(400):
        noise = np.exp(np.random.default_rng(seed).normal(size=len(TEMPERATURES)) * 0.1)
        fit = arrhenius([measured(line(t) * x, t, 0.1) for t, x in zip(TEMPERATURES, noise, strict=True)])
        ea.append(fit.activation_energy_eV.low <= 0.3 <= fit.activation_energy_eV.high)
        room = fit.at(300.0)
        extrapolated.append(room.low <= line(300.0) <= room.high)
        flagged.append(not fit.is_arrhenius)
    assert 0.92 <= np.mean(ea) <= 0.99
    assert 0.92 <= np.mean(extrapolated) <= 0.99
    assert np.mean(flagged) < 0.05


def test_an_imprecise_temperature_weighs_less():
    data = [measured(line(t), t) for t in (400.0, 500.0, 600.0)] + [measured(3 * line(800.0), 800.0, 1.0)]
    assert arrhenius(data).activation_energy_eV.value == pytest.approx(0.3, abs=0.02)


def test_two_regimes_are_found():
    def bent(t):
        knee = 550.0
        low = line(knee) * np.exp(-0.5 / BOLTZMANN_EV_K * (1 / t - 1 / knee))
        return low if t < knee else line(t)

    fit = arrhenius([measured(bent(t), t) for t in (400.0, 450.0, 500.0, 600.0, 700.0, 800.0, 900.0)])
    assert not fit.is_arrhenius
    transition, below, above = fit.regimes
    assert transition == pytest.approx(550.0, abs=30)
    assert below == pytest.approx(0.5, abs=0.03)
    assert above == pytest.approx(0.3, abs=0.03)


def test_a_bend_in_three_temperatures_is_flagged():
    data = [measured(line(t) * (0.3 if t == 400.0 else 1.0), t) for t in (400.0, 600.0, 900.0)]
    assert not arrhenius(data).is_arrhenius


def test_upper_bounds_are_left_out_and_named():
    data = [measured(line(t), t) for t in (500.0, 600.0)] + [measured(0, 300.0, bound=1e-7)]
    assert arrhenius(data).left_out_K == (300.0,)
    with pytest.raises(InputError, match=r"two temperatures, got \[500.0\]; only upper bounds at \[300.0\]"):
        arrhenius([data[0], data[2]])
