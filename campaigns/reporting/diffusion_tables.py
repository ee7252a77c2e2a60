"""What the report says of diffusion: one row per diffusivity, per Arrhenius law, per run, per boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from argyro.campaigns.pipeline.graph import Graph

CELL = "cell_"  # before the direction: of the whole cell
NOTHING = {"diffusivity_cm2_s": None, "upper_bound_cm2_s": None, "valid": False, "spread": None}
WORDS = {
    "bulk": "bulk",
    "parallel": "boundary ∥",
    "perpendicular": "boundary ⊥",
    "cell_parallel": "whole cell ∥",
    "cell_perpendicular": "whole cell ⊥",
}


def no_inversion(bulk_known: bool) -> str:
    """Why a boundary has no diffusivity though its cell has one."""
    return "no boundary diffusivity fits the cell's" if bulk_known else "the bulk has only an upper bound"


def diffusivity_rows(graph: Graph, results: Mapping[str, dict]) -> list[dict]:
    """Each diffusivity, all runs together, or why there is none, beside what the surrogate says of it."""
    parity = results.get("surrogate", {}).get("parity", [])
    predicted = {
        (point["material"], point["boundary"], point["target"], point["temperature_K"]): point["predicted_cm2_s"]
        for point in parity
    }
    transport = list(_of_stage("transport", graph, results))
    bulk = {
        (facts["material"], point["temperature_K"])
        for facts, result in transport
        for point in result["points"]
        if point["target"] == "bulk" and point["valid"]
    }
    return [
        {
            **facts,
            **point,
            "direction": WORDS[point["target"]],
            "predicted_cm2_s": predicted.get(
                (facts["material"], facts["boundary"], point["target"], point["temperature_K"])
            ),
        }
        for facts, result in transport
        for point in _with_reasons(result["points"], {kelvin for name, kelvin in bulk if name == facts["material"]})
    ]


def _with_reasons(points: Sequence[dict], bulk_known_K: set[float]) -> list[dict]:
    """The points by direction and temperature, with one of no value where the cell has one and the boundary none.

    Args:
        points: of one system.
        bulk_known_K: temperatures at which the bulk has a value.
    """
    found = {(point["target"], point["temperature_K"]): point | {"reason": ""} for point in points}
    cells = [point for point in points if point["target"].startswith(CELL)]
    for cell in cells:
        target, temperature_K = cell["target"].removeprefix(CELL), cell["temperature_K"]
        point = found.setdefault((target, temperature_K), cell | NOTHING | {"target": target})
        if not point["valid"]:
            unfit = no_inversion(temperature_K in bulk_known_K)
            point["reason"] = unfit if cell["valid"] else "the cell has only an upper bound"
    order = list(WORDS)
    return [found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))]


def law_rows(graph: Graph, results: Mapping[str, dict]) -> list[dict]:
    """Each Arrhenius law, with the diffusivity and the conductivity it gives at the screening temperature."""
    return [
        {**facts, **law, "direction": WORDS[target], "conductivity_mS_cm": _conductivity(result, law)}
        for facts, result in _of_stage("transport", graph, results)
        for target, law in result["laws"].items()
        if law
    ]


def _conductivity(result: dict, law: dict) -> dict:
    """Nernst-Einstein with a Haven ratio of 1, as everywhere in the report."""
    from argyro.platform.common.conductivity import conductivity_S_cm
    from argyro.platform.common.estimate import Uncertain

    asked = law["screening"]
    sigma = conductivity_S_cm(Uncertain.from_json(asked), result["ions_per_A3"], asked["temperature_K"])
    assert isinstance(sigma, Uncertain)  # as what it is made from
    return sigma.scaled(1000.0).to_json()


def run_rows(graph: Graph, results: Mapping[str, dict]) -> list[dict]:
    """Each run in each direction: what its mean-square displacement supports, and how long it should have been."""
    return [
        {**facts, **measured, "direction": WORDS["bulk" if target == "bulk" else f"{CELL}{target}"]}
        for facts, result in _of_stage("diffusivity", graph, results)
        for target, measured in result["measured"].items()
    ]


def boundary_rows(graph: Graph, results: Mapping[str, dict]) -> list[dict]:
    """Each boundary with a profile, its excess and the width it suggests."""
    return [
        {**facts, "profile": result["profile"], "excess": result["excess"]}
        for facts, result in _of_stage("transport", graph, results)
        if result.get("profile")
    ]


def _of_stage(stage: str, graph: Graph, results: Mapping[str, dict]) -> Iterator[tuple[dict, dict]]:
    """(facts, result) of each result of a stage."""
    for name, result in results.items():
        if graph.nodes[name].stage.name == stage:
            yield dict(graph.nodes[name].facts), result
