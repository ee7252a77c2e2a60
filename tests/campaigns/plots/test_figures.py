"""Legends of pictures with many curves; matplotlib writes the text of an SVG in a comment, too."""

import pytest

from argyro.campaigns.plots.figures import COLOURS, _tick, grain_size_plot, parity
from argyro.campaigns.plots.series import ConductivityCurve, ParityPoint
from argyro.platform.common.estimate import Uncertain


def curves(materials, boundaries):
    """Curves, and the group of each."""
    number = {"value": 2.0, "low": 1.0, "high": 3.0}
    groups = {f"material {m}, boundary {b}": f"material {m}" for m in range(materials) for b in range(boundaries)}
    made = {"grain_sizes_nm": [20, 1000], "conductivity": [number, number]}
    return [ConductivityCurve(label=label, **made) for label in groups], groups


@pytest.mark.parametrize("materials", [2, COLOURS, COLOURS + 5])
def test_a_material_with_all_its_boundaries_is_named_once(tmp_path, materials):
    drawn, groups = curves(materials, 4)
    grain_size_plot(drawn, tmp_path / "plot.svg", 300.0, groups)
    text = (tmp_path / "plot.svg").read_text()
    assert [text.count(f"<!-- material {m} -->") for m in range(materials)] == [
        int(m < COLOURS) for m in range(materials)
    ]
    assert text.count("<!-- others -->") == (materials > COLOURS)


@pytest.mark.parametrize(("spread", "most"), [(1.3, 6), (3.0, 6), (20.0, 8)])
def test_few_ticks_of_a_short_range_are_labelled(tmp_path, spread, most):
    """Matplotlib alone labels 2 to 9 of each decade, and the labels overlap."""

    def point(value):
        seen = Uncertain(value, value / 1.1, value * 1.1)
        return ParityPoint.model_construct(
            target="bulk", measured_cm2_s=value, measured_interval_cm2_s=seen, predicted_cm2_s=seen, censored=False
        )

    parity([point(2e-6), point(2e-6 * spread)], tmp_path / "parity.svg")
    text = (tmp_path / "parity.svg").read_text()
    for axis in ("x", "y"):
        part = text.split(f'id="matplotlib.axis_{"xy".index(axis) + 1}"')[1].split('id="matplotlib.axis_')[0]
        labels = part.count("<!-- $")
        assert 2 <= labels <= most


def test_ticks_are_written_as_people_write_them():
    assert [_tick(value) for value in (0.5, 20.0, 1e-6, 2e-6)] == [
        "0.5",
        "20",
        "$10^{-6}$",
        r"$2\times10^{-6}$",
    ]
