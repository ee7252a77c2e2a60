"""The notebooks run as scripts, and their numbers agree with each other."""

import runpy
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"


@pytest.mark.slow
def test_the_notebook_goes_from_a_composition_to_a_plot():
    import matplotlib

    matplotlib.use("Agg")
    cells = runpy.run_path(str(NOTEBOOKS / "composition_to_plot.py"))
    sigma = cells["sigma"]
    assert (sigma["low"] < sigma["value"]).all() and (sigma["value"] < sigma["high"]).all()
    cold, hot = (sigma[sigma["temperature_K"] == kelvin]["value"].to_numpy() for kelvin in (300, 400))
    assert (hot > cold).all()
    surrogate = cells["first"]["effective_cm2_s"]["value"]
    assert cells["effective"].mean_cm2_s == pytest.approx(surrogate, rel=0.05)
    lines = cells["axes"].get_lines()
    assert len(lines) == 3  # two temperatures and the pellet
