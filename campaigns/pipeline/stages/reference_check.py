"""Compare a learned potential with its reference: forces in MD with the potential, or D by MD with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ase import Atoms
from pydantic import ConfigDict

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.stages.learn import LEARN, POTENTIAL, labeller_source
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, learning_cells, read_structure
from argyro.campaigns.spec.label_source import taught_source
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Labels
from argyro.platform.common.estimate import Uncertain, in_words
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked

if TYPE_CHECKING:
    from argyro.platform.labels.client import Labeller

ALL, LI = "all", "Li"
MOBILE_DISORDER = 0.5  # D of an ordered cell is usually only an upper bound


class ReferenceCheckInputs(Contract):
    """Decide a comparison.

    Args:
        method: forces, or md for D as well.
        temperature_K: temperature of the runs.
        frames: number of labelled frames of method forces.
        length_ps: length of the MD with the reference of method md.
        material: material of the cell of method md.
        supercell: cell of method md in conventional cells of 52 atoms.
        seed: seed of cell and velocities.
    """

    method: Literal["forces", "md"]
    temperature_K: float
    frames: int
    length_ps: float
    material: Material
    supercell: tuple[int, int, int]
    seed: int


class ForceComparison(Contract):
    """Hold slope and RMSE of the potential's forces on those of the reference, with 95 % intervals over frames."""

    model_config = ConfigDict(extra="ignore")

    slope: Uncertain
    rmse_meV_A: Uncertain
    frames: int


class ReferenceCheckResult(StageResult):
    """Hold a comparison.

    Args:
        temperature_K: temperature of the runs.
        forces: "all" and "Li" -> errors.
        atoms: atoms of the cell of method md.
        potential_cm2_s: D by the potential.
        reference_cm2_s: D by the reference.
        ratio: the potential's D over that of the reference; None without values of both.
        stopped: reason why a run of the potential ended early; empty if none did.
    """

    temperature_K: float
    forces: dict[str, ForceComparison]
    atoms: int | None = None
    potential_cm2_s: Uncertain | None = None
    reference_cm2_s: Uncertain | None = None
    ratio: Uncertain | None = None
    stopped: str = ""

    def tracked(self) -> Tracked:
        """Select slope and RMSE of the forces, and the ratio of the diffusivities."""
        metrics: dict[str, float | None] = {}
        for element, found in self.forces.items():
            metrics |= {
                f"check_{element}_slope": found.slope.value,
                f"check_{element}_rmse_meV_A": found.rmse_meV_A.value,
            }
        metrics["check_D_ratio"] = self.ratio.value if self.ratio else None
        return Tracked(metrics)

    @property
    def text(self) -> str:
        """Summarise the comparison in one line."""
        if self.stopped:
            return f"not compared: {self.stopped}"
        parts = (
            [f"D of the potential over D of the reference {in_words(self.ratio.to_json(), 2)}"] if self.ratio else []
        )
        if found := self.forces.get(LI):
            rmse = in_words(found.rmse_meV_A.to_json(), 3)
            parts.append(f"forces on Li: slope {in_words(found.slope.to_json(), 3)}, RMSE {rmse} meV/Å")
        return f"{'; '.join(parts)}; {self.forces[ALL].frames} frames at {self.temperature_K:g} K"


def run(context: StageContext[ReferenceCheckInputs, Labels]) -> ReferenceCheckResult:
    """Run MD with the potential, label frames with the reference, and compare."""
    from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
    from argyro.platform.labels.client import Labeller

    folder = context.parent("potential", LEARN).folder
    source = taught_source(folder) or labeller_source(context.settings)
    compare = _diffusion if context.inputs.method == "md" else _forces
    with Labeller(source, context.unfinished / "labels") as labeller:
        try:
            return compare(context, labeller)
        except PotentialFailedError as error:
            return ReferenceCheckResult(
                temperature_K=context.inputs.temperature_K, forces={}, stopped=str(error).splitlines()[0]
            )


def _forces(context: StageContext[ReferenceCheckInputs, Labels], labeller: Labeller) -> ReferenceCheckResult:
    from argyro.platform.learning.reference_comparison import production_frames

    inputs, potential = context.inputs, context.parent("potential", LEARN).folder / POTENTIAL
    structures = [read_structure(parent.folder) for parent in context.parents("structures", STRUCTURE)]
    folder = context.unfinished / "md"
    frames = production_frames(
        structures, potential, inputs.temperature_K, inputs.frames, labeller, folder, inputs.seed
    )
    return ReferenceCheckResult(temperature_K=inputs.temperature_K, forces=_errors(potential, frames))


def _diffusion(context: StageContext[ReferenceCheckInputs, Labels], labeller: Labeller) -> ReferenceCheckResult:
    from argyro.platform.learning.reference_comparison import compare_diffusion
    from argyro.platform.structures.crystal.bulk import build_bulk

    inputs, potential = context.inputs, context.parent("potential", LEARN).folder / POTENTIAL
    cell = build_bulk(inputs.material.composition, inputs.material.share, inputs.supercell, inputs.seed)
    words = f"{inputs.length_ps:g} ps of MD with the reference"
    found = compare_diffusion(
        cell,
        potential,
        inputs.temperature_K,
        inputs.length_ps,
        labeller,
        context.unfinished / "md",
        inputs.seed,
        lambda share: context.progress(share, words),
    )
    return ReferenceCheckResult(
        temperature_K=inputs.temperature_K,
        forces=_errors(potential, found.frames),
        atoms=len(cell),
        potential_cm2_s=found.potential.estimate,
        reference_cm2_s=found.reference.estimate,
        ratio=found.ratio,
    )


def _errors(potential: Path, frames: Sequence[Atoms]) -> dict[str, ForceComparison]:
    from argyro.platform.learning.reference_comparison import compare_forces
    from argyro.platform.potential.mtp.model import MTP

    found = compare_forces(MTP.read(potential), frames)
    return {
        element: ForceComparison(slope=errors.slope, rmse_meV_A=errors.rmse.scaled(1e3), frames=errors.frames)
        for element, errors in found.items()
    }


REFERENCE_CHECK = Stage("reference_check", 1, run, ReferenceCheckInputs, ReferenceCheckResult, hosted=True)


def add_reference_check(draft: Draft, family: str, materials: list[Material]) -> None:
    """Add the comparison of a family's potential with its reference, if the campaign asks for one."""
    campaign = draft.campaign
    asked, potential = campaign.potential.validation, f"{LEARN.name}/{family}"
    if asked.method == "none":
        return
    learned = [cell.material for cell in learning_cells(campaign, materials) if cell.boundary.is_bulk]
    inputs = ReferenceCheckInputs(
        method=asked.method,
        temperature_K=max(campaign.temperatures_K),
        frames=asked.frames,
        length_ps=asked.length_ps,
        material=min(learned, key=lambda material: abs(material.share - MOBILE_DISORDER)),
        supercell=asked.supercell,
        seed=1 + campaign.seed,
    )
    draft.add(
        REFERENCE_CHECK,
        family,
        inputs,
        parents={"potential": [potential], "structures": draft.graph.nodes[potential].parents["structures"]},
        params={"family": family, "label_source": campaign.labels.source},
        settings=campaign.labels,
        cost=draft.costs.reference_check(campaign),
    )
