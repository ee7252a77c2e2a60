from dataclasses import replace

import pytest
from results import measured

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.run_length import advice, run_length_factor


def test_a_precise_run_is_long_enough():
    assert advice(replace(measured(1e-6), effective_jumps=1e5)) == "long enough for 20%"


def test_half_the_error_takes_four_times_the_run():
    run = replace(measured(1e-6), relative_error=0.4, effective_jumps=1e5)
    assert run_length_factor(run) == pytest.approx(4.0)
    assert advice(run) == "run 4.0 × longer (240 ps) for 20%"


def test_few_jumps_ask_for_more_than_the_posterior_does():
    """3.43 / √N_eff + 0.04 = 0.2 at N_eff = 460."""
    assert run_length_factor(replace(measured(1e-6), effective_jumps=230.0)) == pytest.approx(2.0, rel=0.01)


def test_caged_ions_need_time_to_leave_or_a_higher_temperature():
    caged = replace(measured(0, bound=1e-8), msd_A2=2.0, effective_jumps=40.0)
    assert run_length_factor(caged) >= 12.25 / 2.0
    assert advice(caged).startswith("run at least 11.5 × longer (690 ps) or hotter")
    assert "raise the temperature" in advice(replace(caged, msd_A2=0.05, effective_jumps=1.0))


def test_a_precision_out_of_reach_is_refused():
    with pytest.raises(InputError, match="average over seeds"):
        advice(measured(1e-6), 0.03)
