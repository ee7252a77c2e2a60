"""Legends of pictures with many curves; matplotlib writes the text of an SVG in a comment, too."""

import pytest

from argyro.campaigns.plots.figures import COLOURS, grain_size_plot
from argyro.campaigns.plots.series import ConductivityCurve


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
