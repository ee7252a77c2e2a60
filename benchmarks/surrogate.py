"""Accuracy of the surrogate on the recorded molecular dynamics of a campaign: `python benchmarks/surrogate.py RUN`."""

import argparse
from pathlib import Path

from argyro.campaigns.pipeline.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.md import MD
from argyro.campaigns.pipeline.structure import STRUCTURE, read_structure
from argyro.campaigns.results.ancestry import stored_items
from argyro.platform.execution.result_store import Store
from argyro.platform.labels.source import LabelSource
from argyro.surrogates.data.observation import Observation, of_run
from argyro.surrogates.models.candidates import CANDIDATES
from argyro.surrogates.training.accuracy_table import evaluate, markdown_table
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate


def recorded_observations(folder: Path) -> list[Observation]:
    """Read all runs in a campaign's store."""
    store, found = Store(folder / "store"), []
    runs, structures = stored_items(store, MD), stored_items(store, STRUCTURE)
    for measured in stored_items(store, DIFFUSIVITY).values():
        structure = runs[measured.parent_key("run")].parent_key("structure")
        result, about = (
            measured.result,
            {
                "structure": read_structure(structures[structure].path),
                "thickness_nm": measured.result.thickness_nm,
                "width_nm": measured.inputs.width_nm,
                "realisation": measured.inputs.conditions.realisation,
                "excess": measured.result.excess,
            },
        )
        found += [of_run(seen, target=target, **about) for target, seen in result.runs.items()]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a campaign")
    parser.add_argument("--candidates", nargs="+", default=CANDIDATES, help="models; graph networks are the slowest")
    parser.add_argument("--foundation", help="source of frozen descriptors for the graph networks, such as chgnet")
    given = parser.parse_args()
    observations = recorded_observations(given.run)
    foundation = LabelSource(given.foundation) if given.foundation else None
    options = SurrogateOptions(candidates=tuple(given.candidates), foundation=foundation)
    bounds = sum(observation.bounded for observation in observations)
    print(f"{given.run}: {len(observations) - bounds} diffusivities, {bounds} bounds\n")
    print(markdown_table(evaluate(observations, options)))
    surrogate = train_surrogate(observations, options)
    print("\n".join(f"material left out, {kind}: {score}" for kind, score in surrogate.report["scores"].items()))
    print(f"ships {surrogate.report['shipped']}, calibration factor {surrogate.calibration:.2f}")


if __name__ == "__main__":
    main()
