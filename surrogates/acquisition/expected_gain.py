"""Acquisition function: expected reduction of the ranking's uncertainty per core-hour.

The ranking's uncertainty is the expected number of pairs in the wrong order, Σ_{i<j} min(P_ij, 1 - P_ij) with P_ij =
P(r_i > r_j). Let the outcome of a run correlate by ρ with r_i - r_j (mean m, variance v). The run leaves the variance
v(1 - ρ²) and moves the mean by N(0, vρ²). The pair is then wrong with probability
E_m'[Φ(-|m'| / √(v(1 - ρ²)))]. Joint posterior samples give all correlations.

Source: knowledge gradient, Frazier, Powell, Dayanik, INFORMS J. Comput. 21, 599 (2009); pairwise order replaces the
maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.models.surrogate import Query, Surrogate

JUMP_LENGTH_A = 3.0
NODES = ndtri((np.arange(64) + 0.5) / 64)  # equally probable values of a standard normal number


@dataclass(frozen=True)
class Run:
    """A candidate molecular dynamics run.

    Args:
        query: the structure; a boundary cell measures D_parallel and D_perpendicular, a bulk cell D_bulk.
        temperature_K: temperature of the run.
        length_ps: length of the production run.
        lithium: number of Li ions.
        core_hours: cost of the run.
    """

    query: Query
    temperature_K: float
    length_ps: float
    lithium: int
    core_hours: float

    @property
    def targets(self) -> tuple[str, ...]:
        """Measured diffusivities."""
        return ("bulk",) if self.query.identity.boundary == "bulk" else TARGETS[1:]


def run_noise(diffusivity_cm2_s: np.ndarray, length_ps: float, lithium: int) -> np.ndarray:
    """Estimate the standard deviation of ln D from a run of this length.

    RSD = 3.43 / √N_eff + 0.04 with N_eff the total squared displacement 6 D t N over the squared jump length.

    Source: He, Zhu, Epstein, Mo, npj Comput. Mater. 4, 18 (2018).
    """
    squared_A2 = 6 * diffusivity_cm2_s * 1e4 * length_ps * lithium  # 1 cm²/s = 1e4 Å²/ps
    return 3.43 / np.sqrt(squared_A2 / JUMP_LENGTH_A**2) + 0.04


def ranking_uncertainty(scores: np.ndarray) -> float:
    """Compute the expected number of pairs in the wrong order from joint samples of the scores (n, candidates)."""
    first, second = np.triu_indices(scores.shape[1], 1)
    above = (scores[:, first] > scores[:, second]).mean(axis=0)
    return float(np.minimum(above, 1 - above).sum())


def expected_uncertainty(scores: np.ndarray, outcomes: np.ndarray, noise: np.ndarray) -> float:
    """Compute the expected ranking uncertainty after a run.

    Args:
        scores: joint samples, (n, candidates).
        outcomes: samples of the run's noise-free outcomes, (n, outcomes).
        noise: standard deviation of each outcome, (outcomes,).
    """
    first, second = np.triu_indices(scores.shape[1], 1)
    difference = scores[:, first] - scores[:, second]
    mean, sigma = difference.mean(axis=0), difference.std(axis=0) + 1e-12
    explained = np.minimum(_explained(difference - mean, outcomes, noise), sigma**2 * (1 - 1e-9))
    moved = mean + np.sqrt(explained) * NODES[:, None]
    wrong = ndtr(-np.abs(moved) / np.sqrt(sigma**2 - explained))
    return float(wrong.mean(axis=0).sum())


def rank_runs(
    surrogate: Surrogate,
    runs: Sequence[Run],
    score: Callable[[list[Prediction]], np.ndarray],
    candidates: Sequence[Query],
    temperatures_K: Sequence[float],
    samples: int = 1000,
    seed: int = 0,
) -> list[tuple[Run, float]]:
    """Order runs by the expected fall of the ranking's uncertainty per core-hour, best first.

    Args:
        surrogate: current surrogate.
        runs: candidate runs.
        score: function from predictions at temperatures_K to joint samples (samples, n) of the ranking score.
        candidates: n ranked structures.
        temperatures_K: temperatures of these predictions.
        samples: number of joint posterior samples.
        seed: random seed of the samples.

    Returns:
        each run with its gain in expected wrong pairs per core-hour.

    Raises:
        InputError: there is no run, or there are fewer than two candidates.
    """
    if not runs or len(candidates) < 2:
        raise InputError("an acquisition needs at least one run and two candidates to rank")
    queries = {query.identity.key: query for query in [*candidates, *(run.query for run in runs)]}
    kelvin = sorted({*temperatures_K, *(run.temperature_K for run in runs)})
    drawn_together = surrogate.predict(list(queries.values()), kelvin, samples, seed, joint=True)
    predictions = dict(zip(queries, drawn_together, strict=True))
    wanted = [kelvin.index(t) for t in temperatures_K]
    scores = score([_at(predictions[query.identity.key], wanted) for query in candidates])
    now = expected_uncertainty(scores, np.zeros((samples, 0)), np.zeros(0))
    gains = []
    for run in runs:
        columns = [TARGETS.index(target) for target in run.targets]
        drawn = predictions[run.query.identity.key].samples[:, columns, kelvin.index(run.temperature_K)]
        noise = run_noise(np.median(drawn, axis=0), run.length_ps, run.lithium)
        gains.append((run, (now - expected_uncertainty(scores, np.log(drawn), noise)) / run.core_hours))
    return sorted(gains, key=lambda pair: -pair[1])


def _explained(difference: np.ndarray, outcomes: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Compute the variance of each centred difference (n, pairs) that noisy outcomes (n, k) explain, (pairs,)."""
    if not outcomes.shape[1]:
        return np.zeros(difference.shape[1])
    centred = outcomes - outcomes.mean(axis=0)
    covariance = centred.T @ centred / len(centred) + np.diag(noise**2)
    cross = centred.T @ difference / len(centred)
    return np.einsum("kp,kp->p", cross, np.linalg.solve(covariance, cross))


def _at(prediction: Prediction, index: list[int]) -> Prediction:
    """Select some temperatures of a prediction."""
    kelvin = tuple(prediction.temperatures_K[i] for i in index)
    return replace(prediction, temperatures_K=kelvin, samples=prediction.samples[:, :, index])
