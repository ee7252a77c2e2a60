"""Frozen descriptors: atomic features of a foundation model as node features of the graph.

The model's weights are fixed. Its channels are many, correlated and arbitrarily scaled. The networks therefore use the
leading principal components over the atoms of the training cells, each of unit variance.
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
    """A foundation model and the components that the networks use.

    Args:
        source: the model.
        weights: hash of its weights at training time.
        centre: (channels,) mean over the atoms of training.
        axes: (channels, COMPONENTS) projection from channels to components.
    """

    source: LabelSource
    weights: str
    centre: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, source: LabelSource, structures: Sequence[Atoms]) -> FrozenDescriptors:
        """Fit the components over the atoms of the training cells.

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
        """Compute the components of each atom, (n, COMPONENTS).

        Raises:
            InputError: the model is not installed, or its weights differ from those at training time.
        """
        from argyro.platform.labels.descriptors import atom_descriptors, require_describing

        require_describing(self.source)
        if self.source.identity()["weights"] != self.weights:
            raise InputError(
                f"the weights of {self.source.source} differ from those of the surrogate's training "
                f"({self.weights}); restore these weights, or train the surrogate again",
                accepted=self.weights,
            )
        return (atom_descriptors(self.source, atoms) - self.centre) @ self.axes
