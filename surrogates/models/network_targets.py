"""Each run's part in its own diffusivity, freed from grain and bias: targets of the graph networks, points of plots.

The networks predict one diffusivity at a time, while a boundary cell shows a mixture. The sites of the forward model
give the Gaussian equivalent of a run in ln D of its boundary, at the posterior mean of its grain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.process import Process, pairs_before
from argyro.surrogates.forward.runs import Runs

LEAST_PRECISION = 1e-2  # of ln D; a vaguer run does not train


@dataclass(frozen=True)
class NetworkTargets:
    """Gaussian values of ln D of the observed diffusivities.

    Args:
        runs: index of the run, (n,).
        graphs: index of the graph of its structure, (n,).
        targets: index in TARGETS, (n,).
        temperatures_K: of the run, (n,).
        log_values: ln D in cm²/s, (n,).
        log_sigmas: standard deviation, (n,).
    """

    runs: np.ndarray
    graphs: np.ndarray
    targets: np.ndarray
    temperatures_K: np.ndarray
    log_values: np.ndarray
    log_sigmas: np.ndarray

    def __len__(self) -> int:
        return len(self.graphs)


def network_targets(runs: Runs, graph_of_run: np.ndarray, prior: ArrheniusPrior) -> NetworkTargets:
    """Derive the targets with the median hyperparameters and kernel ``gp``.

    Args:
        runs: n runs.
        graph_of_run: index of the structure's graph, (n,).
        prior: of the coefficients.
    """
    mean = np.tile(prior.mean, (len(runs.rows), 1))
    process = Process.fit("gp", Hyperparameters(), runs, mean, prior)
    before, (at, _) = pairs_before(runs, mean, prior), process.latent_values()
    each, own = np.arange(len(runs)), np.where(runs.targets == 0, 0, 1)
    precision = process.sites.precision[each, own, own]
    other = process.sites.precision[each, own, 1 - own] * (at - before)[each, 1 - own]
    shift = process.sites.shift[each, own] - np.where(own == 1, other, 0.0)
    kept = precision > LEAST_PRECISION
    value = before[each, own][kept] + shift[kept] / precision[kept]
    return NetworkTargets(
        each[kept],
        graph_of_run[kept],
        runs.targets[kept],
        runs.temperatures_K[kept],
        value,
        1 / np.sqrt(precision[kept]),
    )
