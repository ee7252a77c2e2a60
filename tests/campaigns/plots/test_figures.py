"""What pictures say where many curves share them; a text of an SVG stands in a comment."""

import pytest

from argyro.campaigns.plots.figures import COLOURS, grain_size_plot


def curves(materials, boundaries):
    number = {"value": 2.0, "low": 1.0, "high": 3.0}
    names = [(f"material {m}", f"material {m}, boundary {b}") for m in range(materials) for b in range(boundaries)]
    return [
        {"label": label, "group": group, "grain_sizes_nm": [20, 1000], "conductivity": [number, number]}
        for group, label in names
    ]


@pytest.mark.parametrize("materials", [2, COLOURS, COLOURS + 5])
def test_a_material_with_all_its_boundaries_is_named_once(tmp_path, materials):
    grain_size_plot(curves(materials, 4), tmp_path / "plot.svg", 300.0)
    text = (tmp_path / "plot.svg").read_text()
    assert [text.count(f"<!-- material {m} -->") for m in range(materials)] == [
        int(m < COLOURS) for m in range(materials)
    ]
    assert text.count("<!-- others -->") == (materials > COLOURS)
