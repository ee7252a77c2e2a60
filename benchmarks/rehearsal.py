"""Core-hours of an adaptive campaign until a ranking is certain, on synthetic worlds."""

import itertools

import numpy as np
from made_up import TEMPERATURES_K, Results, structures

from argyro.surrogates.acquisition.expected_gain import Run, rank_runs, ranking_uncertainty, run_noise
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.models.synthetic import World
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

POLICIES = ("acquisition", "round-robin", "random")
KERNELS = SurrogateOptions(candidates=("gp",))


def log_effective(predictions, width_share: float) -> np.ndarray:
    """Return ln D_eff of predictions at their first temperature, (samples, n).

    The formula combines the limits of fast and blocking boundaries; `width_share` is w/d.
    """
    bulk, parallel, perpendicular = np.stack([p.samples[:, :, 0] for p in predictions], axis=-1).swapaxes(0, 1)
    fast, blocking = 1.83 * width_share * parallel / bulk, 0.91 * width_share * bulk / perpendicular
    return np.log(bulk) + np.log1p(fast) - np.log1p(blocking)


def wrong_pairs(scores: np.ndarray) -> float:
    """Return the expected fraction of candidate pairs in the wrong order, from joint samples of the scores (samples,
    n).
    """
    return ranking_uncertainty(scores) / (scores.shape[1] * (scores.shape[1] - 1) / 2)


class Rehearsal:
    """Campaign on a synthetic world with runs of 200 ps: one core-hour per bulk cell, three per boundary cell."""

    names = tuple(itertools.product(("Li6PS5Cl", "Li6PS5Cl0.5Br0.5", "Li6PS5Br", "Li6PS5I"), (0.0, 0.5)))
    boundary = "sigma5(001)[001]"
    grain_nm, width_nm, kelvin = 100.0, 2.5, 300.0

    def __init__(self, seed: int):
        self.world, self.seed = World.drawn(5000 + seed), seed
        self.rng = np.random.default_rng(seed)
        self.cells = {}
        for name, boundary in itertools.product(self.names, ("bulk", self.boundary)):
            self.cells[*name, boundary] = structures([name[0]], [name[1]], [boundary])[0]
        self.queries = {key: Query(Identity.of(*key)) for key in self.cells}
        self.candidates = [self.queries[*name, self.boundary] for name in self.names]
        self.runs = [
            Run(query, kelvin, 200.0, 192 if key[2] == "bulk" else 384, 1.0 if key[2] == "bulk" else 3.0)
            for (key, query), kelvin in itertools.product(self.queries.items(), TEMPERATURES_K)
        ]

    def observe(self, run: Run) -> list:
        """Return the result of a run; noise depends on the run length and is drawn anew for each repetition."""
        key = (run.query.identity.composition, run.query.identity.disorder, run.query.identity.boundary)
        true = self.world.diffusivity_cm2_s(run.query.identity, run.targets[0], (run.temperature_K,))
        noise = float(run_noise(true, run.length_ps, run.lithium)[0])
        draw = int(self.rng.integers(2**31))
        return self.world.observe([self.cells[key]], (run.temperature_K,), noise, 3e-7, self.width_nm, draw)

    def score(self, predictions) -> np.ndarray:
        """Return the ranking scores of the campaign."""
        return log_effective(predictions, self.width_nm / self.grain_nm)

    def certainty(self, surrogate) -> float:
        """Return the expected fraction of candidate pairs in the wrong order."""
        return wrong_pairs(self.score(surrogate.predict(self.candidates, (self.kelvin,), 1000, 0, joint=True)))

    def play(self, policy: str, goal: float, most_hours: float = 400.0) -> float:
        """Return the core-hours until the ranking reaches the goal."""
        hours, observations, order = 0.0, [], iter(itertools.cycle(self.runs))
        hottest = [run for run in self.runs if run.temperature_K == TEMPERATURES_K[-1]]
        for run in hottest[:2]:
            observations += self.observe(run)
            hours += run.core_hours
        while hours < most_hours:
            surrogate = train_surrogate(observations, KERNELS, seed=self.seed)
            if self.certainty(surrogate) <= goal:
                return hours
            if policy == "acquisition":
                ranked = rank_runs(surrogate, self.runs, self.score, self.candidates, (self.kelvin,), 500, self.seed)
                run = ranked[0][0]
            else:
                run = next(order) if policy == "round-robin" else self.runs[self.rng.integers(len(self.runs))]
            observations += self.observe(run)
            hours += run.core_hours
        return most_hours


def acquisition(seeds: int, results: Results, goal: float = 0.05) -> None:
    """Print the core-hours of each policy on each world, and their means."""

    def played(policy: str, seed: int) -> float:
        return results.get(f"{policy} {seed} {goal}", lambda: Rehearsal(seed).play(policy, goal))

    worlds = [{policy: played(policy, seed) for policy in POLICIES} for seed in range(seeds)]
    reference = np.mean([world["round-robin"] for world in worlds])
    for policy in POLICIES:
        hours = [world[policy] for world in worlds]
        print(f"{policy:12s} {np.mean(hours):6.1f} core-hours to {goal:.0%} wrong pairs", hours)
        print(f"{'':12s} {np.mean(hours) / reference:.2f} of round-robin")
