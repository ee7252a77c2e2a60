"""One round of an adaptive campaign: how certain the ranking is, and which runs would make it more so per core-hour.

The kernels of the surrogate are trained on what has been measured; graph networks join at the end of the campaign.
"""

from __future__ import annotations

from argyro.campaigns.pipeline.homogenize import polycrystals
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.campaigns.pipeline.surrogate import observations_of
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import PossibleRun
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.task import StageContext

KERNELS = ("mean", "ridge", "gp")


def run(context: StageContext) -> dict:
    """Inputs: decided ((case, bulk case) of all runs so far), cells (diffusivity -> structure), batch, seed, labels,
    equilibrate_ps, and of the ranking grain_sizes_nm, width_nm, screening_temperature_K. Settings: md_cores.

    Parents: design, all structures, md/... and diffusivity/... of the decided runs, microstructure/N.
    """
    from argyro.campaigns.adaptive.batch_selection import Chooser, offers
    from argyro.surrogates.acquisition.ranking_certainty import certainty
    from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

    inputs = context.inputs
    observations = list(observations_of(context))
    if not observations:
        raise ArgyroError("no run so far gave a diffusivity or a bound, so there is nothing to go on")
    cells = {role: read_structure(folder) for role, folder in context.parents.items() if role.startswith("structure/")}
    experience = _experience(context, cells)
    model = train_surrogate(observations, SurrogateOptions(candidates=KERNELS), inputs["seed"])
    chooser = Chooser(model, _score(context, cells), experience, inputs["seed"])
    now = certainty(chooser.scores)
    lithium = {name: cell.symbols.count("Li") for name, cell in cells.items()}
    shares = {name: _boundary_share(context, name) for name in cells}
    chosen = chooser.choose(offers(_space(context), experience, lithium, shares), inputs["batch"])
    return _result(experience, len(observations), now, chooser.score.rows[now.leader], chosen)


def _space(context: StageContext) -> list[PossibleRun]:
    return [PossibleRun(**entry) for entry in context.parent_result("design")["runs"]]


def _experience(context: StageContext, cells: dict):
    """What the decided runs cost and gave."""
    from argyro.campaigns.adaptive.run_history import Experience

    by_case = {run.case: run for run in _space(context)}
    decided = [by_case[case] for case, _ in context.inputs["decided"]]
    results, core_s = {}, {}
    for run in decided:
        if f"diffusivity/{run.case}" in context.parents:
            results[run.case] = context.parent_result(f"diffusivity/{run.case}")
        if f"md/{run.case}" in context.parents:
            core_s[run.case] = context.settings["md_cores"] * context.parent_seconds(f"md/{run.case}")
    atoms = {name: len(cell) for name, cell in cells.items()}
    return Experience(decided, results, core_s, atoms, context.inputs["equilibrate_ps"])


def _score(context: StageContext, cells: dict):
    """Every boundary cell whose bulk could be built; without boundaries the bulk cells."""
    from argyro.campaigns.adaptive.objective import Score

    first = {name: cell for name, cell in cells.items() if name.endswith("/0")}
    bulk = {name.split("/")[1]: cell for name, cell in first.items() if cell.info["boundary"] == BULK}
    boundaries = {name: cell for name, cell in first.items() if cell.info["boundary"] != BULK}
    pairs = [(cell, bulk.get(name.split("/")[1])) for name, cell in sorted((boundaries or first).items())]
    return Score([pair for pair in pairs if pair[1]], polycrystals(context) if boundaries else [], context.inputs)


def _boundary_share(context: StageContext, structure: str) -> float:
    """Volume share of the boundaries in a cell; at most all of it."""
    built = context.parent_result(structure)
    return min(1.0, context.inputs["width_nm"] / built["thickness_nm"]) if built["boundaries"] else 0.0


def _result(experience, observations: int, now, leader: dict, chosen: list[dict]) -> dict:
    values = {
        kind: experience.values_of(leader["composition"], leader["disorder"], boundary)
        for kind, boundary in (("bulk", BULK), ("boundary", leader["boundary"]))
    }
    return {
        "observations": observations,
        "core_hours": experience.core_hours,
        "runs": len(experience.decided),
        "without_result": experience.without_result,
        "certainty": now.to_json(),
        "leader": leader,
        "leader_values": values,
        "chosen": chosen,
        "metrics": {
            "md_core_hours": experience.core_hours,
            "md_runs": len(experience.decided),
            "probability_best": now.probability_best,
            "regret_dex": now.regret_dex,
            "wrong_pairs": now.wrong_pairs,
        },
    }


ACQUISITION = StageDefinition("acquisition", 2, run)
