"""State the numbers behind a plan: atoms, steps, potential level, speed of this machine, price of a label."""

from __future__ import annotations

from typing import Any

from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import md_atoms
from argyro.campaigns.workload.costs import Costs, labelled_atoms
from argyro.campaigns.workload.item_resources import LABELLING, item_resources
from argyro.campaigns.workload.run_space import asked_cells


def assumptions(campaign: Campaign, costs: Costs) -> dict[str, Any]:
    """Return the key `assumptions` of `argyro plan --json`.

    Args:
        campaign: with numbers for every disorder.
        costs: measured here, or the constants.
    """
    md, level, teacher = campaign.md, campaign.potential.levels[-1], campaign.labels.teacher
    atoms = [md_atoms(campaign, cell) for cell in asked_cells(campaign)]
    labelled, cores = labelled_atoms(atoms), item_resources(campaign, LABELLING[0]).cpu
    return {
        "md_atoms": {"least": round(min(atoms)), "most": round(max(atoms))},
        "md_steps": round(1e3 * (md.equilibrate_ps + md.production_ps) / md.timestep_fs),
        "timestep_fs": md.timestep_fs,
        "level": level,
        "atom_steps_per_s": 1 / costs.step_s(campaign, level),
        "speed": "measured" if "slowness" in costs.model_fields_set else "assumed",
        "label_source": teacher.train_on if teacher else campaign.labels.source,
        "label_atoms": round(labelled),
        "label_cores": cores,
        "label_s": costs.label(campaign, labelled) / cores,
        "label_price": "estimated" if costs.label_s is None else "stated",
    }


def assumption_lines(document: dict[str, Any]) -> list[str]:
    """Write `assumptions` as lines of text."""
    least, most = document["md_atoms"]["least"], document["md_atoms"]["most"]
    atoms = f"{least}" if least == most else f"{least} to {most}"
    cores = document["label_cores"]
    where = "1 core" if cores == 1 else f"{cores} cores"
    repair = "; state yours by --label-s" if document["label_price"] == "estimated" else ""
    return [
        f"MD: {atoms} atoms, {document['md_steps']} steps of {document['timestep_fs']:g} fs; level "
        f"{document['level']}, {document['atom_steps_per_s']:.3g} atom-steps/s on a core ({document['speed']})",
        f"one label: {document['label_source']}, {document['label_atoms']} atoms, {document['label_s']:.2g} s on "
        f"{where} ({document['label_price']}{repair})",
    ]
