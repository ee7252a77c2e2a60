"""Graph of a structure: atoms, periodic edges, distance to the boundary plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, HALIDES
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import DESCRIPTORS, ION_RADII_A, identity_of
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.data.periodic_edges import periodic_edges

if TYPE_CHECKING:
    from torch_geometric.data import Data

CUTOFF_A = 4.0  # includes P-S, Li-S, Li-X and Li-Li jumps within a cage and between cages (2.8 Å and more)
RADIAL_CENTRES_A = np.linspace(1.5, CUTOFF_A, 10)
SITES = ("4a", "4c", "4b", "16e", "48h")
BOUNDARY_REACH_A = (2.0, 5.0, 10.0)
ELECTRONEGATIVITY = {  # Pauling
    "Li": 0.98, "P": 2.19, "As": 2.18, "Sb": 2.05, "Si": 1.90, "Ge": 2.01, "Sn": 1.96,
    "S": 2.58, "Se": 2.55, "Cl": 3.16, "Br": 2.96, "I": 2.66,
}  # fmt: skip
GLOBAL_FEATURES = len(DESCRIPTORS) + 1
NODE_FEATURES = 4 + 2 + len(SITES) + len(BOUNDARY_REACH_A)


def _ion_features() -> np.ndarray:
    """Tabulate by atomic number whether an element is supported, its kind, radius and electronegativity, (119, 7)."""
    table = np.zeros((len(atomic_numbers), 1 + 4 + 2))
    for symbol, radius_A in ION_RADII_A.items():
        kinds = [symbol in kind for kind in (("Li",), CENTRES, CHALCOGENS, HALIDES)]
        table[atomic_numbers[symbol]] = [1, *kinds, radius_A - 1.5, ELECTRONEGATIVITY[symbol] - 2.2]
    return table


_ION_FEATURES = _ion_features()


def node_features(atoms: Atoms) -> np.ndarray:
    """Return kind of ion, radius, electronegativity, site class and nearness of the boundary, (n, 14).

    Tetrahedral centres, chalcogens and halides are one kind each. Radius and electronegativity distinguish the elements
    of a kind.
    """
    unknown = sorted(set(atoms.symbols[_ION_FEATURES[atoms.numbers, 0] == 0]))
    if unknown:
        raise InputError(
            f"elements {', '.join(unknown)} are not supported by the surrogate", accepted=", ".join(ION_RADII_A)
        )
    missing = [name for name in ("site", "boundary_distance_A") if name not in atoms.arrays]
    if missing:
        raise InputError(f"the structure has no per-atom {', '.join(missing)}; build it with `argyro structure`")
    ions = _ION_FEATURES[atoms.numbers, 1:]
    site = np.stack([atoms.arrays["site"] == name for name in SITES], axis=1)
    distance = np.asarray(atoms.arrays["boundary_distance_A"], dtype=float)[:, None]
    near = np.exp(-((distance / np.array(BOUNDARY_REACH_A)) ** 2))
    return np.concatenate([ions, site, near], axis=1)


def edge_features(distances_A: np.ndarray) -> np.ndarray:
    """Expand distances in Gaussians with a smooth cutoff, (edges, 10)."""
    width = RADIAL_CENTRES_A[1] - RADIAL_CENTRES_A[0]
    envelope = 0.5 * (1 + np.cos(np.pi * np.minimum(distances_A / CUTOFF_A, 1)))
    offsets = ((distances_A[:, None] - RADIAL_CENTRES_A) / width).astype(np.float32)
    return np.exp(-(offsets**2)) * envelope[:, None].astype(np.float32)


def graph_of(atoms: Atoms, excess: BoundaryExcess, frozen: FrozenDescriptors | None = None) -> Data:
    """Build the PyTorch Geometric data of a labelled structure.

    Returns:
        Data with node features ``x`` (n, 14), followed by frozen descriptors if any; ``edge_index`` (2, e);
        ``edge_attr`` (e, 10); nearness of the boundary ``near`` (n,) in 0..1; descriptors and number density
        ``globals`` (1, 15).

    Raises:
        InputError: an element is unknown, or a label is missing.
    """
    import torch
    from torch_geometric.data import Data

    i, j, distances_A = periodic_edges(atoms, CUTOFF_A)
    x = node_features(atoms)
    near = x[:, -2]
    if frozen is not None:
        x = np.concatenate([x, frozen.of(atoms)], axis=1)
    density = len(atoms) / atoms.get_volume() / 0.054 - 1  # 0.054 atoms/Å³: 52 atoms in a cell of 9.87 Å
    described = np.append(excess.describe(identity_of(atoms)), 10 * density)
    return Data(
        x=torch.as_tensor(x, dtype=torch.float32),
        edge_index=torch.as_tensor(np.stack([j, i]).astype(np.int64)),
        edge_attr=torch.as_tensor(edge_features(distances_A), dtype=torch.float32),
        near=torch.as_tensor(near, dtype=torch.float32),
        globals=torch.as_tensor(described[None], dtype=torch.float32),
        num_nodes=len(atoms),
    )
