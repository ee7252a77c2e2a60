"""Draw every listed boundary of Li6PS5Cl, as shown in docs/structures.md: `python docs/pictures/structures/draw.py`."""

from pathlib import Path

from PIL import Image

from argyro.platform.structures import build_boundary, list_boundaries
from argyro.platform.structures.plots import draw

for boundary in list_boundaries():
    path = Path(__file__).parent / f"{boundary.name}.png".replace("(", "_").replace(")[", "_").replace("]", "")
    draw(build_boundary("Li6PS5Cl", 0.25, boundary.name, 1.0, min_width_nm=0.6), path)
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)
