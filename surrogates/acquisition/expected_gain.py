"""Acquisition function: expected reduction of the ranking's uncertainty per core-hour.

The ranking's uncertainty is the expected number of pairs in the wrong order, Σ_{i<j} min(P_ij, 1 - P_ij) with P_ij =
P(r_i > r_j). Let the outcome of a run correlate by ρ with r_i - r_j (mean m, variance v). The run leaves the variance
v(1 - ρ²) and moves the mean by N(0, vρ²). The pair is then wrong with probability
E_m'[Φ(-|m'| / √(v(1 - ρ²)))]. Joint posterior samples give all correlations. Runs that are chosen but not finished
count as outcomes that every further run adds to.

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
SETTLED_A = 7.0  # root-mean-square displacement to which the run-length bias refers
NODES = ndtri((np.arange(64) + 0.5) / 64)  # equally probable values of a standard normal number


@dataclass(frozen=True)
class Run:
    """A candidate molecular dynamics run.

    Args:
        query: the structure; a boundary cell shows its mixture with the bulk, along and across.
        temperature_K: temperature of the run.
        length_ps: length of the production run.
        lithium: number of Li ions.
        core_hours: cost of the run.
        share: volume share of the boundaries in the cell; 0 in the bulk.
        begun_ps: length of an earlier run of the same arrangement and temperature that this one lengthens.
    """

    query: Query
    temperature_K: float
    length_ps: float
    lithium: int
    core_hours: float
    share: float = 0.0
    begun_ps: float = 0.0

    @property
    def targets(self) -> tuple[str, ...]:
        """Observed diffusivities."""
        return ("bulk",) if self.query.identity.boundary == "bulk" else TARGETS[1:]


@dataclass(frozen=True)
class RunScatter:
    """Scatter of ln D: between arrangements, between runs of one, and size of the run-length bias."""

    scatter: float
    jitter: float
    bias: float


def run_noise(diffusivity_cm2_s: np.ndarray, length_ps: float, lithium: int) -> np.ndarray:
    """Estimate the standard deviation of ln D from a run of this length.

    RSD = 3.43 / √N_eff + 0.04 with N_eff the total squared displacement 6 D t N over the squared jump length.

    Source: He, Zhu, Epstein, Mo, npj Comput. Mater. 4, 18 (2018).
    """
    return 3.43 / np.sqrt(_squared_A2(diffusivity_cm2_s, length_ps) * lithium / JUMP_LENGTH_A**2) + 0.04


def outcome_noise(run: Run, diffusivity_cm2_s: np.ndarray, spread: RunScatter) -> np.ndarray:
    """Estimate the standard deviation of what a run adds about ln D of its cell.

    A single run has the variance τ² + v(t), with the scatter τ between arrangements and v(t) of its length. A run that
    lengthens another from s to t adds the information 1 / (τ² + v(t)) - 1 / (τ² + v(s)).
    """
    variance = _variance(run, run.length_ps, diffusivity_cm2_s, spread)
    if not run.begun_ps:
        return np.sqrt(variance)
    before = _variance(run, run.begun_ps, diffusivity_cm2_s, spread)
    return 1 / np.sqrt(np.maximum(1 / variance - 1 / before, 1e-12))


def _variance(run: Run, length_ps: float, diffusivity_cm2_s: np.ndarray, spread: RunScatter) -> np.ndarray:
    bias = spread.bias * SETTLED_A / np.sqrt(_squared_A2(diffusivity_cm2_s, length_ps))
    unsure = (1 - 2 / np.pi) * bias**2  # of a half-normal bias
    return run_noise(diffusivity_cm2_s, length_ps, run.lithium) ** 2 + unsure + spread.jitter**2 + spread.scatter**2


def _squared_A2(diffusivity_cm2_s: np.ndarray, length_ps: float) -> np.ndarray:
    """Return the mean-square displacement at the end of a run; 1 cm²/s = 1e4 Å²/ps."""
    return 6 * diffusivity_cm2_s * 1e4 * length_ps


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


class Prospect:
    """Joint posterior samples of the scores and of the outcomes of all candidate runs.

    Args:
        surrogate: current surrogate.
        runs: candidate runs.
        score: function from predictions at temperatures_K to joint samples (samples, n) of the ranking score.
        candidates: n ranked structures.
        temperatures_K: temperatures of these predictions.
        samples: number of joint posterior samples.
        seed: random seed of the samples.

    Raises:
        InputError: there is no run, or there are fewer than two candidates.
    """

    def __init__(
        self,
        surrogate: Surrogate,
        runs: Sequence[Run],
        score: Callable[[list[Prediction]], np.ndarray],
        candidates: Sequence[Query],
        temperatures_K: Sequence[float],
        samples: int = 1000,
        seed: int = 0,
    ):
        if not runs or len(candidates) < 2:
            raise InputError("an acquisition needs at least one run and two candidates to rank")
        queries = {query.identity.key: query for query in [*candidates, *(run.query for run in runs)]}
        kelvin = sorted({*temperatures_K, *(run.temperature_K for run in runs)})
        drawn_together = surrogate.predict(list(queries.values()), kelvin, samples, seed, joint=True)
        predictions = dict(zip(queries, drawn_together, strict=True))
        wanted = [kelvin.index(t) for t in temperatures_K]
        self.scores = score([_at(predictions[query.identity.key], wanted) for query in candidates])
        spread = RunScatter(**surrogate.report["run_scatter"])
        self.outcomes = {
            run: _outcome(run, predictions[run.query.identity.key], kelvin.index(run.temperature_K), spread)
            for run in runs
        }

    def ranked(self, runs: Sequence[Run], pending: Sequence[Run] = ()) -> list[tuple[Run, float]]:
        """Order runs by the expected fall of the ranking's uncertainty per core-hour, best first.

        Args:
            runs: candidate runs of the constructor.
            pending: runs of the constructor that are chosen already.
        """
        known = [self.outcomes[run] for run in pending]
        now = self._expected(known)
        gains = [(run, (now - self._expected([*known, self.outcomes[run]])) / run.core_hours) for run in runs]
        return sorted(gains, key=lambda pair: -pair[1])

    def _expected(self, outcomes: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        drawn = np.concatenate([np.zeros((len(self.scores), 0)), *(values for values, _ in outcomes)], axis=1)
        return expected_uncertainty(
            self.scores, drawn, np.concatenate([np.zeros(0), *(noise for _, noise in outcomes)])
        )


def _outcome(run: Run, prediction: Prediction, index: int, spread: RunScatter) -> tuple[np.ndarray, np.ndarray]:
    """Return samples (n, outcomes) of ln D of the run's cell, as its reference has it, and their noise (outcomes,)."""
    drawn = prediction.given_reference.samples[:, :, index]
    columns = [drawn[:, TARGETS.index(target)] for target in run.targets]
    cell = [run.share * column + (1 - run.share) * drawn[:, 0] if run.share else column for column in columns]
    values = np.stack(cell, axis=1)
    return np.log(values), outcome_noise(run, np.median(values, axis=0), spread)


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
    plain = None if prediction.unbiased is None else (prediction.unbiased[0][:, :, index], prediction.unbiased[1])
    return replace(
        prediction, temperatures_K=kelvin, samples=prediction.samples[:, :, index], unbiased=plain, free=None
    )
