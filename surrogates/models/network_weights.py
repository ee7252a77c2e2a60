"""Weights of a graph ensemble in numpy; the first evaluation loads torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph

    from argyro.surrogates.models.gnn import GraphEnsemble


@dataclass(frozen=True)
class NetworkWeights:
    """Weights of a graph ensemble.

    Args:
        members: number of networks.
        size: fields of `NetworkSize`.
        state: arrays by their names in torch's state dictionary.
    """

    members: int
    size: Mapping[str, int]
    state: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, ensemble: GraphEnsemble) -> NetworkWeights:
        """Copy the weights of an ensemble."""
        state = {name: value.numpy() for name, value in ensemble.state_dict().items()}
        return cls(ensemble.members, asdict(ensemble.size), state)

    @cached_property
    def ensemble(self) -> GraphEnsemble:
        """Build the ensemble."""
        import torch

        from argyro.surrogates.models.gnn import GraphEnsemble, NetworkSize

        ensemble = GraphEnsemble(self.members, NetworkSize(**self.size))
        ensemble.load_state_dict({name: torch.tensor(value) for name, value in self.state.items()})
        return ensemble.eval()

    def coefficients(self, graphs: Sequence[Graph], prior: ArrheniusPrior) -> np.ndarray:
        """Evaluate the coefficients (a, Ea) of each member, graph and target, (members, graphs, 3, 2)."""
        from argyro.surrogates.models.gnn_training import network_coefficients

        return network_coefficients(self.ensemble, graphs, prior)
