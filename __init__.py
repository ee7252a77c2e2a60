"""Screen Li argyrodite solid electrolytes as real polycrystals.

| Name | Use |
|---|---|
| `predict` | diffusivities and conductivity of a polycrystal from the trained surrogate |
| `homogenize` | effective diffusivity of a polycrystal from bulk and boundary |
| `load_trajectory`, `diffusivity` | tracer diffusivity of a trajectory |
| `build_bulk`, `build_boundary` | cells of the crystal and of a grain boundary |
| `train_mtp`, `MTP` | fit a moment tensor potential; use one as ASE calculator |
| `Campaign` | validate, plan and run a campaign file; its results as pandas |

Each name is imported with its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argyro.campaigns.api import MTP, Campaign, diffusivity, homogenize, load_trajectory, train_mtp
    from argyro.platform.structures.boundaries.build import build_boundary
    from argyro.platform.structures.crystal.bulk import build_bulk
    from argyro.surrogates import predict

__version__ = "0.1.0"
__all__ = [
    "MTP",
    "Campaign",
    "build_boundary",
    "build_bulk",
    "diffusivity",
    "homogenize",
    "load_trajectory",
    "predict",
    "train_mtp",
]
_MODULES = {
    "build_boundary": "argyro.platform.structures.boundaries.build",
    "build_bulk": "argyro.platform.structures.crystal.bulk",
    "predict": "argyro.surrogates",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'argyro' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_MODULES.get(name, "argyro.campaigns.api")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
