"""Graph networks for Arrhenius coefficients; all members of an ensemble are evaluated at once.

The input is distances only, so the output is invariant under translation, rotation, reflection and permutation. Each
member passes messages between atoms and pools them with attention over the grain interior and over the boundary region.
With the global descriptors it returns (a, Ea) of bulk, parallel and perpendicular as departures from the prior, in
units of its standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from argyro.surrogates.data.structure_graph import GLOBAL_FEATURES, NODE_FEATURES, RADIAL_CENTRES_A

if TYPE_CHECKING:
    from torch_geometric.data import Batch

CHUNK = 2048  # edges at once: their messages fit into the cache
OUTPUTS = 6  # (a, Ea) of three targets


@dataclass(frozen=True)
class NetworkSize:
    """Width of atom states, of messages, number of message-passing layers, and of an atom's features."""

    width: int = 32
    messages: int = 16
    layers: int = 2
    inputs: int = NODE_FEATURES


class MemberLinear(nn.Module):
    """Linear map per ensemble member: (members, n, inputs) to (members, n, outputs)."""

    def __init__(self, members: int, inputs: int, outputs: int, gain: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(members, inputs, outputs) * gain / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (members or 1, n, inputs) to (members, n, outputs)."""
        return torch.matmul(x, self.weight) + self.bias


class MessageLayer(nn.Module):
    """Message layer h_i += W_o silu(Σ_j (W_r e_ij) ⊙ (W_m h_j)).

    The members of an edge are contiguous, so gather and scatter move one block of memory per edge.
    """

    def __init__(self, members: int, size: NetworkSize):
        super().__init__()
        self.radial = nn.Parameter(torch.randn(members, len(RADIAL_CENTRES_A), size.messages) * 0.5)
        self.sender = MemberLinear(members, size.width, size.messages)
        self.receiver = MemberLinear(members, size.messages, size.width)

    def forward(self, h: Tensor, edge_index: Tensor, edge_attr: Tensor) -> Tensor:
        """Update atom states (members, n, width)."""
        members, atoms, _ = h.shape
        filters = self.radial.transpose(0, 1).flatten(1)
        sent = self.sender(h).transpose(0, 1).flatten(1)
        gathered = sent.new_zeros(sent.shape)
        for (sender, receiver), attributes in zip(edge_index.split(CHUNK, 1), edge_attr.split(CHUNK), strict=True):
            gathered = gathered.index_add_(0, receiver, attributes @ filters * sent.index_select(0, sender))
        gathered = gathered.view(atoms, members, -1).transpose(0, 1)
        return h + self.receiver(torch.nn.functional.silu(gathered))


class GraphEnsemble(nn.Module):
    """Ensemble of networks with equal shape and different weights.

    Args:
        members: number of networks.
        size: widths and depth.
    """

    def __init__(self, members: int, size: NetworkSize):
        super().__init__()
        self.members, self.size = members, size
        self.embed = MemberLinear(members, size.inputs, size.width)
        self.passes = nn.ModuleList(MessageLayer(members, size) for _ in range(size.layers))
        self.attention = MemberLinear(members, size.width, 2)
        self.hidden = MemberLinear(members, 2 * size.width + GLOBAL_FEATURES, size.width)
        self.head = MemberLinear(members, size.width, OUTPUTS, gain=0.7)

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, near: Tensor, batch: Tensor, globals_: Tensor
    ) -> Tensor:
        """Compute departures from the prior, (members, graphs, 3 targets, 2 coefficients)."""
        h = torch.nn.functional.silu(self.embed(x.expand(self.members, -1, -1)))
        for layer in self.passes:
            h = layer(h, edge_index, edge_attr)
        graphs = globals_.shape[0]
        weight = torch.exp(torch.tanh(self.attention(h))) * torch.stack([1.02 - near, near + 0.02], dim=1)
        pooled = (weight[..., None] * h[:, :, None, :]).flatten(2)
        sums = h.new_zeros(graphs, self.members, 2 + pooled.shape[2])
        sums.index_add_(0, batch, torch.cat([weight, pooled], dim=2).transpose(0, 1))
        sums = sums.transpose(0, 1)
        pooled = (sums[..., 2:].unflatten(2, (2, -1)) / sums[..., :2, None]).flatten(2)
        joined = torch.cat([pooled, globals_.expand(self.members, -1, -1)], dim=2)
        return self.head(torch.nn.functional.silu(self.hidden(joined))).view(self.members, graphs, 3, 2)


def evaluate(ensemble: GraphEnsemble, batch: Batch) -> Tensor:
    """Evaluate the ensemble on a PyTorch Geometric batch, shape (members, graphs, 3, 2)."""
    return ensemble(batch.x, batch.edge_index, batch.edge_attr, batch.near, batch.batch, batch.globals)
