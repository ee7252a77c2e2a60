"""Frozen descriptors: what a foundation model has learnt of an atom's surroundings, as features of the graph's nodes.

The model's weights stay as they are. Its channels are many and go together, its scale is its own; the networks see the
leading principal components over the atoms of the training cells, each of unit variance there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.labels.source import LabelSource

COMPONENTS = 8  # hold 99.7 % of the variance of CHGNet's 64 channels in argyrodites


@dataclass(frozen=True)
class FrozenDescriptors:
    """A foundation model and the components that the networks see.

    Args:
        source: the model.
        weights: hash of its weights when the networks were trained.
        centre: (channels,) mean over the atoms of training.
        axes: (channels, COMPONENTS) from channels to components.
    """

    source: LabelSource
    weights: str
    centre: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, source: LabelSource, structures: Sequence[Atoms]) -> FrozenDescriptors:
        """Find the components over the atoms of the training cells.

        Raises:
            InputError: the source cannot describe atoms, see `atom_descriptors`.
        """
        from argyro.platform.labels.descriptors import atom_descriptors, require_describing

        require_describing(source)
        described = np.concatenate([atom_descriptors(source, atoms) for atoms in structures])
        centre = described.mean(axis=0)
        _, sizes, axes = np.linalg.svd(described - centre, full_matrices=False)
        kept = sizes[:COMPONENTS] > 1e-6 * sizes[0]
        scale = np.where(kept, np.sqrt(len(described)) / np.where(kept, sizes[:COMPONENTS], 1.0), 0.0)
        return cls(source, source.identity()["weights"], centre, axes[:COMPONENTS].T * scale)

    def of(self, atoms: Atoms) -> np.ndarray:
        """Components of each atom, (n, COMPONENTS).

        Raises:
            InputError: the model is not here, or is another one than the networks were trained with.
        """
        from argyro.platform.labels.descriptors import atom_descriptors, require_describing

        require_describing(self.source)
        if self.source.identity()["weights"] != self.weights:
            raise InputError(
                f"the weights of {self.source.source} are not those that the surrogate was trained with "
                f"({self.weights}); bring those back, or train again",
                given=self.source.identity()["weights"],
                accepted=self.weights,
            )
        return (atom_descriptors(self.source, atoms) - self.centre) @ self.axes
