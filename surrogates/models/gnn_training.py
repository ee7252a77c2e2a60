"""Training of a deep ensemble of graph networks on diffusivities.

Each member minimises the negative log-likelihood of Gaussian values plus |θ - θ0|² / 2 about its own random start θ0.
The spread of such an anchored ensemble approximates the posterior of the weights.

Source: Pearce, Leibfried, Brintrup, AISTATS 2020 (anchored ensembles); Lakshminarayanan et al., NeurIPS 2017 (deep
ensembles).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch_geometric.data import Batch
from torch_geometric.data import Data as Graph

from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.gnn import GraphEnsemble, NetworkSize, evaluate
from argyro.surrogates.models.network_targets import NetworkTargets

LABEL_FLOOR = 0.15  # of ln D: scatter between realisations, the finest error that a network fits
BATCH_GRAPHS = 4
LARGEST_GRADIENT = 20.0  # norm of one member's


@dataclass(frozen=True)
class NetworkTraining:
    """Members per set of values, size, steps of Adam and its learning rate."""

    members: int = 5
    size: NetworkSize = field(default_factory=NetworkSize)
    steps: int = 200
    learning_rate: float = 0.01


@threadpool_limits.wrap(limits=1)  # a second thread doubles the time of operations as small as these
def train_ensemble(
    graphs: Sequence[Graph],
    sets: Sequence[NetworkTargets],
    options: NetworkTraining,
    prior: ArrheniusPrior,
    seed: int,
) -> GraphEnsemble:
    """Train networks on several sets of values at once; the members of a set see no value of the others.

    Args:
        graphs: distinct structures.
        sets: values, for instance those that each fold of a cross-validation leaves.
        options: size and length of the training.
        prior: prior whose standard deviations are the networks' units.
        seed: random seed of the starts and of the order of batches.

    Returns:
        Ensemble of the members of the first set, then those of the second, and so on.
    """
    torch.manual_seed(seed)
    ensemble = GraphEnsemble(options.members * len(sets), replace(options.size, inputs=graphs[0].num_node_features))
    anchors = [parameter.detach().clone() for parameter in ensemble.parameters()]
    optimiser = torch.optim.Adam(ensemble.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
    batches = _batches(np.concatenate([data.graphs for data in sets]), np.random.default_rng(seed))
    prepared = [
        (Batch.from_data_list([graphs[g] for g in chunk]), [_rows(chunk, data, prior) for data in sets])
        for chunk in batches
    ]
    for step in range(options.steps):
        batch, rows_of_sets = prepared[step % len(prepared)]
        departures = evaluate(ensemble, batch).split(options.members)
        misfits = [_misfit(mine, rows) for mine, rows in zip(departures, rows_of_sets, strict=True)]
        loss = len(prepared) * torch.stack(misfits).sum() + _anchoring(ensemble, anchors)
        optimiser.zero_grad()
        loss.backward()
        _clip(ensemble)
        optimiser.step()
        schedule.step()
    return ensemble.eval()


def network_coefficients(ensemble: GraphEnsemble, graphs: Sequence[Graph], prior: ArrheniusPrior) -> np.ndarray:
    """Evaluate coefficients (a, Ea) of each member, graph and target, (members, graphs, 3, 2)."""
    answers = []
    with torch.inference_mode():
        for start in range(0, len(graphs), BATCH_GRAPHS):
            answers.append(evaluate(ensemble, _joined(graphs[start : start + BATCH_GRAPHS])).numpy())
    return prior.mean + prior.sigma * np.concatenate(answers, axis=1).astype(float)


def _joined(graphs: Sequence[Graph]) -> Graph:
    """Collate the graphs; return a single graph as it is, which saves a sixth of its evaluation time."""
    if len(graphs) > 1:
        return Batch.from_data_list(list(graphs))
    single = copy(graphs[0])
    single.batch = torch.zeros(len(single.x), dtype=torch.long)
    return single


def _batches(graph_of_row: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    used = rng.permutation(np.unique(graph_of_row))
    return np.array_split(used, max(1, -(-len(used) // BATCH_GRAPHS)))


def _rows(chunk: np.ndarray, data: NetworkTargets, prior: ArrheniusPrior) -> dict[str, torch.Tensor]:
    """Gather the observations of a batch, as tensors, with ln D = offset + constant + gradient · departure."""
    mine = np.flatnonzero(np.isin(data.graphs, chunk))
    basis = prior.basis(data.temperatures_K[mine])
    place = {graph: position for position, graph in enumerate(chunk)}
    floats = {
        "gradient": basis * prior.sigma,
        "residual": data.log_values[mine] - prior.offset - basis @ prior.mean,
        "sigma": np.hypot(data.log_sigmas[mine], LABEL_FLOOR),
    }
    rows = {name: torch.as_tensor(value, dtype=torch.float32) for name, value in floats.items()}
    rows["graph"] = torch.as_tensor([place[g] for g in data.graphs[mine]])
    rows["target"] = torch.as_tensor(data.targets[mine])
    return rows


def _misfit(departures: torch.Tensor, rows: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum the negative log-likelihood over members and observations, up to constants."""
    predicted = (departures[:, rows["graph"], rows["target"]] * rows["gradient"]).sum(-1)
    z = (rows["residual"] - predicted) / rows["sigma"]
    return (0.5 * z**2).sum()


def _clip(ensemble: GraphEnsemble) -> None:
    """Shorten the gradient of each member to the largest norm."""
    gradients = [parameter.grad for parameter in ensemble.parameters() if parameter.grad is not None]
    norms = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
    factors = (LARGEST_GRADIENT / norms).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.dim() - 1)))


def _anchoring(ensemble: GraphEnsemble, anchors: list[torch.Tensor]) -> torch.Tensor:
    """Compute |θ - θ0|² / 2 in units of the start's variance 1/inputs."""
    terms = zip(ensemble.parameters(), anchors, strict=True)
    parts = ((0.5 * (p.shape[1] if p.shape[1] > 1 else 1) * (p - a) ** 2).sum() for p, a in terms)
    return sum(parts, start=torch.zeros(()))
