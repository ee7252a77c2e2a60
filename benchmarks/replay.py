"""Core-hours of an adaptive campaign until a ranking is certain, on recorded molecular dynamics.

Each recorded run is available once, and its cost is atoms times length. Round-robin visits the cells in a random order,
hot before cold and short before long. Acquisition chooses the runs of highest gain per core-hour. All policies start
with the hottest bulk run of every material. The ranking compares the materials with one random boundary, because the
boundaries of one material are too similar to distinguish. The hyperparameters come from all runs together. Otherwise
their refit would change the certainty by a fifth from batch to batch.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from made_up import Results
from rehearsal import KERNELS, log_effective, wrong_pairs

from argyro.campaigns.pipeline.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.md import MD
from argyro.campaigns.pipeline.structure import STRUCTURE, read_structure
from argyro.campaigns.results.ancestry import stored_items
from argyro.platform.execution.result_store import Store
from argyro.surrogates.acquisition.expected_gain import Run, rank_runs
from argyro.surrogates.data.descriptors import identity_of
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.models.candidates import fit_candidate, prior_means
from argyro.surrogates.models.surrogate import Query, Surrogate
from argyro.surrogates.models.training_arrays import examples_of
from argyro.surrogates.training.train import train_surrogate

POLICIES = ("acquisition", "random")  # compared with round-robin
AT_ONCE = 5  # runs per batch
SHARES = (0.25, 0.5)  # cost fractions at which the certainty of round-robin is the goal of the others
GRAIN_NM, KELVIN = 100.0, 300.0


def recorded_runs(folder: Path) -> list[tuple[Run, list[Observation]]]:
    """Read every run in a campaign's store with its diffusivities and bounds; costs are in 1e6 atom-ps."""
    store, found = Store(folder / "store"), []
    runs, structures = stored_items(store, MD), stored_items(store, STRUCTURE)
    for measured in stored_items(store, DIFFUSIVITY).values():
        conditions, result = measured.inputs.conditions, measured.result
        structure = runs[measured.parent_key("run")].parent_key("structure")
        atoms = read_structure(structures[structure].path)
        observations = [
            Observation(
                atoms,
                seen.target,
                conditions.temperature_K,
                seen.diffusivity_cm2_s,
                seen.upper_bound_cm2_s,
                seen.width_nm,
                excess=result.excess,
            )
            for seen in result.observations
        ]
        length_ps, lithium = conditions.length_ps, int((atoms.symbols == "Li").sum())
        cost = len(atoms) * length_ps / 1e6
        found.append((Run(Query(identity_of(atoms)), conditions.temperature_K, length_ps, lithium, cost), observations))
    return found


class Replay:
    """One order of a recorded campaign."""

    def __init__(self, recorded: list[tuple[Run, list[Observation]]], whole: Surrogate, seed: int):
        self.outcome = dict(enumerate(recorded))
        self.whole, self.seed, self.rng = whole, seed, np.random.default_rng(seed)
        widths = {o.width_nm for _, seen in recorded for o in seen if o.width_nm}
        self.width_nm = widths.pop()
        queries = {run.query.identity.key: run.query for run, _ in recorded}
        boundaries = sorted({query.identity.boundary for query in queries.values()} - {"bulk"})
        boundary = boundaries[seed % len(boundaries)]
        self.candidates = [query for query in queries.values() if query.identity.boundary == boundary]

    def score(self, predictions) -> np.ndarray:
        """Return the ranking scores of the campaign."""
        return log_effective(predictions, self.width_nm / GRAIN_NM)

    def seen(self, made: list[int]) -> Surrogate:
        """Return the surrogate of the given runs."""
        data = examples_of([o for number in made for o in self.outcome[number][1]]).data
        hyper, prior = self.whole.candidate.hyper, self.whole.prior
        return replace(self.whole, candidate=fit_candidate("gp", hyper, data, prior_means(len(data), prior), prior))

    def certainty(self, surrogate: Surrogate) -> float:
        """Return the expected fraction of candidate pairs in the wrong order."""
        return wrong_pairs(self.score(surrogate.predict(self.candidates, (KELVIN,), 2000, 0, joint=True)))

    def begin(self) -> list[int]:
        """List the hottest short bulk run of every material."""
        first: dict[str, int] = {}
        for number, (run, _) in sorted(self.outcome.items(), key=lambda i: (i[1][0].length_ps, -i[1][0].temperature_K)):
            if run.query.identity.boundary == "bulk":
                first.setdefault(run.query.identity.material, number)
        return list(first.values())

    def in_turn(self) -> list[int]:
        """List all runs in rounds of one run per cell."""
        cells: dict[str, list[int]] = defaultdict(list)
        for number, (run, _) in sorted(self.outcome.items(), key=lambda i: (i[1][0].length_ps, -i[1][0].temperature_K)):
            cells[run.query.identity.key].append(number)
        order = [cells[key] for key in self.rng.permutation(sorted(cells))]
        return [cell[turn] for turn in range(max(map(len, order))) for cell in order if turn < len(cell)]

    def play(self, policy: str, until: float, most_cost: float) -> list[tuple[float, float]]:
        """Return cost and fraction of wrong pairs after each batch, until the given fraction or cost."""
        order = self.in_turn() if policy == "round-robin" else list(self.rng.permutation(len(self.outcome)))
        made, curve = self.begin(), []
        while True:
            surrogate = self.seen(made)
            curve.append((sum(self.outcome[n][0].core_hours for n in made), self.certainty(surrogate)))
            left = [number for number in order if number not in made]
            if curve[-1][1] <= until or curve[-1][0] >= most_cost or not left:
                return curve
            if policy != "acquisition":
                made += left[:AT_ONCE]
                continue
            for _ in range(AT_ONCE):
                made.append(self._best(self.seen(made), [number for number in order if number not in made]))

    def _best(self, surrogate: Surrogate, left: list[int]) -> int:
        """Return the run of highest gain per core-hour."""
        runs = [self.outcome[number][0] for number in left]
        ranked = rank_runs(surrogate, runs, self.score, self.candidates, (KELVIN,), 500, self.seed)
        return left[next(place for place, run in enumerate(runs) if run is ranked[0][0])]


def cost_at(curve: list[tuple[float, float]], wrong: float) -> float:
    """Return the cost at which a curve first reaches a fraction of wrong pairs, or the final cost."""
    return next((cost for cost, share in curve if share <= wrong), curve[-1][0])


def replay(folder: Path, seeds: int, results: Results) -> None:
    """Print the cost of each policy for the certainty of round-robin at SHARES of the total cost."""
    recorded = recorded_runs(folder)
    cost = sum(run.core_hours for run, _ in recorded)
    whole = train_surrogate([o for _, seen in recorded for o in seen], KERNELS)
    print(f"{len(recorded)} runs")
    ratios: dict[tuple[str, float], list[float]] = defaultdict(list)
    for seed in range(seeds):

        def played(policy: str, until: float, most: float, seed: int = seed) -> list:
            return results.get(
                f"{policy} {seed}", lambda: Replay(recorded, whole, seed).play(policy, until, most * cost)
            )

        turn = played("round-robin", 0.0, max(SHARES) + 0.05)
        goals = {share: float(np.mean([w for c, w in turn if share - 0.05 < c / cost <= share])) for share in SHARES}
        for policy in POLICIES:
            curve = played(policy, min(wrong for _, wrong in turn), 1.0)
            for share, goal in goals.items():
                ratios[policy, share].append(cost_at(curve, goal) / cost_at(turn, goal))
        said = ", ".join(f"{goal:.3f} at {share:.0%}" for share, goal in goals.items())
        now = ", ".join(f"{p} {r[-1]:.2f} ({s:.0%})" for (p, s), r in ratios.items())
        print(f"seed {seed}: wrong pairs of round-robin {said} of the cost; {now}", flush=True)
    for (policy, share), values in ratios.items():
        print(f"{policy:12s} as certain as round-robin at {share:.0%} of all: {np.mean(values):.2f} of its cost")
