"""Accuracy, acquisition and timings of the surrogate on synthetic worlds of known laws.

python benchmarks/surrogate.py accuracy [--seeds 3]       errors in dex and coverage of each model
python benchmarks/surrogate.py coverage [--seeds 10]      coverage of 95 % intervals on held-out data, by split
python benchmarks/surrogate.py acquisition [--seeds 10]   core-hours to a certain ranking, against two other policies
python benchmarks/surrogate.py acquisition RUN            the same on the recorded molecular dynamics of a campaign
python benchmarks/surrogate.py recorded RUN               accuracy table on the molecular dynamics of a campaign
python benchmarks/surrogate.py timing                     CPU times of training and prediction; for HTTP see serve.py

accuracy, coverage and acquisition store their results in --workdir; a restart continues from them.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from made_up import CAMPAIGN_TEMPERATURES_K, Results, campaign_cells
from replay import recorded_runs, replay

from argyro.platform.labels.source import LabelSource
from argyro.surrogates.data.descriptors import identity_of
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.models.candidates import CANDIDATES
from argyro.surrogates.models.synthetic import World
from argyro.surrogates.training.accuracy_table import evaluate, markdown_table
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

SPLITS = ("composition", "boundary", "random")
FIRST_WORLD = 3000


def made_up_campaign(seed: int) -> tuple[World, list[Observation]]:
    """Draw a random world and the observations of a campaign in it."""
    world = World.drawn(seed)
    return world, world.observe(campaign_cells(seed), CAMPAIGN_TEMPERATURES_K, 0.12, 1e-7, seed=seed)


def accuracy(seeds: int, candidates: tuple[str, ...], results: Results, first: int) -> None:
    """Hold out every composition and boundary once, without calibration; print means over random worlds."""
    options = SurrogateOptions(members=3, candidates=candidates)

    def scores(seed: int) -> dict:
        return {r.split: r.to_json()["scores"] for r in evaluate(made_up_campaign(seed)[1], options, seed)}

    kinds = " ".join(candidates)
    worlds = [results.get(f"{seed} {kinds}", lambda s=seed: scores(s)) for seed in range(first, first + seeds)]
    for split, kind in itertools.product(worlds[0], candidates):
        mae, covered = (np.mean([w[split][kind][name] for w in worlds]) for name in ("mae_dex", "coverage_95"))
        print(f"{split:26s} {kind:6s} MAE {mae:.3f} dex, 95 % interval covers {100 * covered:.0f} %")


def recorded(folder: Path, candidates: tuple[str, ...], foundation: str | None) -> None:
    """Print the accuracy table on recorded molecular dynamics."""
    observations = [observation for _, seen in recorded_runs(folder) for observation in seen]
    options = SurrogateOptions(candidates=candidates, foundation=LabelSource(foundation) if foundation else None)
    results = evaluate(observations, options)
    bounds = sum(o.censored for o in observations)
    print(f"{folder}: {len(observations) - bounds} diffusivities, {bounds} bounds\n\n{markdown_table(results)}")
    surrogate = train_surrogate(observations, options)
    print("\n".join(f"material left out, {kind}: {score}" for kind, score in surrogate.report["scores"].items()))
    print(f"ships {surrogate.report['shipped']}, calibration factor {surrogate.calibration:.2f}")


def left_out(observations: list, split: str, rng: np.random.Generator) -> list[np.ndarray]:
    """Return masks of the held-out data: two compositions or boundaries in turn, or a random fifth."""
    if split == "random":
        return [rng.permutation(len(observations)) < len(observations) // 5]
    names = np.array([getattr(identity_of(o.structure), split) for o in observations])
    return [names == name for name in rng.permutation(sorted(set(names) - {"bulk"}))[:2]]


def coverage(seeds: int, candidates: tuple[str, ...], results: Results, first: int) -> None:
    """Train and calibrate on random worlds without the held-out data, and compare with the truth."""
    options = SurrogateOptions(members=3, candidates=candidates)
    kinds = " ".join(candidates)
    worlds = [
        {s: results.get(f"{s} {seed} {kinds}", lambda s=s, seed=seed: covered(seed, s, options)) for s in SPLITS}
        for seed in range(first, first + seeds)
    ]
    for split in SPLITS:
        each = [world[split] for world in worlds]
        inside, errors, shipped = ([x for one in each for x in one[name]] for name in ("inside", "errors", "shipped"))
        shares = [np.mean(one["inside"]) for one in each]
        ships = ", ".join(f"{kind} {shipped.count(kind)}" for kind in sorted(set(shipped)))
        print(
            f"{split}: 95 % intervals cover {100 * np.mean(inside):.1f} % of {len(inside)} ({min(shares):.2f} to "
            f"{max(shares):.2f} over {seeds} worlds), MAE {np.mean(errors):.3f} dex; shipped {ships}"
        )


def covered(seed: int, split: str, options: SurrogateOptions) -> dict:
    """Return coverage and error in dex for each held-out diffusivity, and the shipped model."""
    (world, observations), rng = made_up_campaign(seed), np.random.default_rng(seed)
    found: dict[str, list] = {"inside": [], "errors": [], "shipped": []}
    for out in left_out(observations, split, rng):
        kept, apart = ([o for o, left in zip(observations, out, strict=True) if left == which] for which in (0, 1))
        surrogate = train_surrogate(kept, options, seed)
        found["shipped"].append(surrogate.report["shipped"])
        for o in apart:
            prediction = surrogate.predict(o.structure, (o.temperature_K,), samples=1000)
            predicted = getattr(prediction, o.target)[0]
            true = world.diffusivity_cm2_s(identity_of(o.structure), o.target, (o.temperature_K,))[0]
            found["inside"].append(bool(predicted.low <= true <= predicted.high))
            found["errors"].append(float(abs(np.log10(predicted.value / true))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("accuracy", "coverage", "acquisition", "recorded", "timing"))
    parser.add_argument("run", type=Path, nargs="?", help="recorded, acquisition: folder of a campaign")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=FIRST_WORLD, help="accuracy, coverage: seed of the first world")
    parser.add_argument(
        "--candidates", nargs="+", default=CANDIDATES, help="models to train; graph networks are the slowest"
    )
    parser.add_argument("--foundation", help="recorded: source of frozen descriptors for the graph networks, chgnet")
    parser.add_argument("--workdir", type=Path, default=Path("runs/surrogate-benchmark"))
    given = parser.parse_args()
    candidates, file = tuple(given.candidates), given.workdir / f"{given.what}.jsonl"
    if given.what == "timing":
        from surrogate_timing import timing

        timing()
    elif given.what == "recorded":
        recorded(given.run, candidates, given.foundation)
    elif given.what == "coverage":
        coverage(given.seeds, candidates, Results(file), given.first)
    elif given.what == "acquisition":
        from rehearsal import acquisition

        if given.run is None:
            acquisition(given.seeds, Results(file))
        else:
            replay(given.run, given.seeds, Results(given.workdir / "replay.jsonl"))
    else:
        accuracy(given.seeds, candidates, Results(file), given.first)


if __name__ == "__main__":
    main()
