"""From the specification to the graph of work items."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from argyro.campaigns.costs import Costs
from argyro.campaigns.graph import Graph, Node
from argyro.campaigns.labelling import identity, known_checksums
from argyro.campaigns.placement import item_resources
from argyro.campaigns.sizes import BULK, bulk_atoms, md_atoms
from argyro.campaigns.space import Cell, Decided, PossibleRun, cells_of, run_space
from argyro.campaigns.spec import Campaign, Material
from argyro.campaigns.stages.acquisition import ACQUISITION
from argyro.campaigns.stages.design import DESIGN
from argyro.campaigns.stages.diffusivity import BOUNDARY_DIFFUSIVITY, BULK_DIFFUSIVITY
from argyro.campaigns.stages.homogenize import HOMOGENIZE
from argyro.campaigns.stages.learn import LEARN
from argyro.campaigns.stages.md import MD
from argyro.campaigns.stages.microstructure import MICROSTRUCTURE
from argyro.campaigns.stages.posterior import POSTERIOR
from argyro.campaigns.stages.ranking import RANKING
from argyro.campaigns.stages.structure import STRUCTURE
from argyro.campaigns.stages.surrogate import SURROGATE
from argyro.campaigns.stages.transport import BOUNDARY_TRANSPORT, BULK_TRANSPORT

# Potentials are learned above the hottest run they serve, so that its rare events are no news to them.
HOTTER = 1.3


def build_graph(campaign: Campaign, costs: Costs | None = None, found: Sequence[str] = ()) -> Graph:
    """All work items of a campaign, parents first; of an adaptive one those that stand before any result.

    Args:
        campaign: what to compute.
        costs: expected core seconds; rough constants if not measured.
        found: cases of an adaptive campaign that the store holds already.
    """
    return decided_graph(campaign, Decided() if campaign.acquisition else None, costs, found)


def decided_graph(
    campaign: Campaign, decided: Decided | None, costs: Costs | None = None, found: Sequence[str] = ()
) -> Graph:
    """All work items once an adaptive campaign has decided on some runs; with None, those of every possible run."""
    return _Builder(campaign, costs or Costs(), decided, found).build()


class _Builder:
    def __init__(self, campaign: Campaign, costs: Costs, decided: Decided | None, found: Sequence[str]):
        self.campaign, self.costs, self.decided, self.found = campaign, costs, decided, found
        self.graph = Graph()
        self.labels = _label_identity(campaign.labels)
        self.known = known_checksums(campaign.labels.model_dump())
        self.space = run_space(campaign)
        self.measured: dict[str, str] = {}  # diffusivity item -> its structure item

    def build(self) -> Graph:
        for cell in cells_of(self.campaign):
            for number in range(self.campaign.md.realisations):
                self._structure(cell, number)
            if cell.boundary == BULK:
                self._learning_cell(cell)
        runs = list(self._runs())
        for family, materials in self._families().items():
            if any(run.cell.material in materials for run, _ in runs):
                self._learn(family, materials)
        for run, bulk in runs:
            self._run(run, bulk)
        microstructures = [self._microstructure(number) for number in range(self.campaign.homogenization.realisations)]
        if self.decided and not self.decided.final:
            self._decide(self.decided, microstructures)
        else:
            self._conclude(microstructures)
        return self.graph

    def _runs(self) -> Iterator[tuple[PossibleRun, PossibleRun | None]]:
        """Runs with the bulk run that a boundary's diffusivity is inverted with."""
        if self.decided is None:
            alike = {(run.boundary, run.place): run for run in self.space}
            for run in self.space:
                yield run, None if run.boundary == BULK else alike[BULK, run.place]
            return
        by_case = {run.case: run for run in self.space}
        for case, bulk in self.decided.runs:
            yield by_case[case], by_case[bulk] if bulk else None

    def _decide(self, decided: Decided, microstructures: list[str]) -> None:
        """The next decision of an adaptive campaign: with which runs to begin or to go on."""
        asked = self.campaign.acquisition
        assert asked is not None  # who decides has it
        inputs = {"runs": [run.to_json() for run in self.space], "start": asked.start}
        design = self._add("design", DESIGN, inputs, settings={"found": list(self.found)})
        if not decided.runs:
            return
        campaign, structures = self.campaign, [name for name in self.graph.nodes if name.startswith("structure/")]
        results = [f"{stage}/{case}" for case, _ in decided.runs for stage in ("md", "diffusivity")]
        inputs = {
            "decided": [list(pair) for pair in decided.runs],
            "cells": self.measured,
            "batch": asked.batch,
            "grain_sizes_nm": sorted(campaign.grain_sizes_nm),
            "width_nm": campaign.boundary_width_nm,
            "screening_temperature_K": campaign.screening_temperature_K,
            "equilibrate_ps": campaign.md.equilibrate_ps,
            "labels": self.labels,
            "seed": campaign.seed,
        }
        self._add(
            f"acquisition/{decided.round}",
            ACQUISITION,
            inputs,
            parents={name: name for name in (design, *structures, *results, *microstructures)},
            tolerant=True,
            decision=True,
            facts={"round": decided.round, "runs": len(decided.runs)},
            settings={"md_cores": campaign.resources.md.cpu},
        )

    def _conclude(self, microstructures: list[str]) -> None:
        """What follows when all runs are decided."""
        cells = list(cells_of(self.campaign))
        for cell in cells:
            if self._measured(cell):
                self._transport(cell)
        candidates = [cell for cell in cells if cell.boundary != BULK or not self.campaign.boundaries]
        surrogate = self._surrogate(microstructures[0])
        posterior = self._posterior(surrogate, candidates)
        for cell in candidates:
            self._homogenize(cell, surrogate, posterior, microstructures)
        self._ranking()

    def _families(self) -> dict[str, list[Material]]:
        """Materials that share a potential."""
        from argyro.platform.structures.composition import Composition

        families: dict[str, list[Material]] = {}
        for material in self.campaign.materials:
            elements = "-".join(sorted(Composition.parse(material.composition).elements))
            names = {"by_elements": elements, "by_composition": material.composition, "one": "all"}
            families.setdefault(names[self.campaign.potential.families], []).append(material)
        return families

    def _family_of(self, material: Material) -> str:
        return next(name for name, members in self._families().items() if material in members)

    def _structure(self, cell: Cell, number: int) -> None:
        """An arrangement of the cell: its anions and Li ions placed by a seed of its own."""
        sizes = self.campaign.structures
        size = (
            {"supercell": list(sizes.supercell)}
            if cell.boundary == BULK
            else {"min_grain_thickness_nm": sizes.min_grain_thickness_nm}
        )
        facts = {**cell.facts, "realisation": number}
        inputs = {**self._arrangement(cell, number), **size}
        self._add(cell.structure(number), STRUCTURE, inputs, facts=facts, cost=self.costs.structure(cell.boundary))

    def _learning_cell(self, cell: Cell) -> None:
        """The bulk in which the potential is learned, where it is not the one of the MD."""
        sizes = self.campaign.structures
        if sizes.learning_supercell != sizes.supercell:
            size = {"supercell": list(sizes.learning_supercell)}
            self._add(
                f"{cell.structure(0)}/learning", STRUCTURE, {**self._arrangement(cell, 0), **size}, facts=cell.facts
            )

    def _arrangement(self, cell: Cell, number: int) -> dict[str, object]:
        return {
            "composition": cell.material.composition,
            "disorder": cell.material.disorder,
            "boundary": cell.boundary,
            "arrangement": self.campaign.structures.arrangement,
            "seed": self.campaign.seed + number,
        }

    def _learn(self, family: str, materials: list[Material]) -> None:
        names = [self._learning_bulk(material) for material in materials]
        names += [cell.structure(0) for cell in self._learning_boundaries(materials)]
        potential, labels = self.campaign.potential, self.campaign.labels
        options = {
            "levels": potential.levels,
            "cutoff_A": potential.cutoff_A,
            "temperatures_K": list(potential.temperatures_K or self._range_K()),
            "exploration_ps": potential.explore_ps,
            "max_labels": potential.max_labels,
            "rounds_per_level": potential.max_rounds,
            "seed": self.campaign.seed,
        }
        self._add(
            f"learn/{family}",
            LEARN,
            {
                "labels": self.labels,
                "options": options,
                "ensemble": potential.ensemble,
                "target_ps": potential.target_ps,
                "target_K": max(self.campaign.temperatures_K) if potential.target_ps else None,
                **({"known": self.known} if self.known else {}),
            },
            parents={name: name for name in names},
            facts={"family": family, "label_source": labels.source, "levels": potential.levels},
            settings={"labels": labels.model_dump(mode="json")},
            cost=self.costs.learning(self.campaign, self._learned_atoms(materials)),
        )

    def _range_K(self) -> tuple[float, float]:
        return min(self.campaign.temperatures_K), HOTTER * max(self.campaign.temperatures_K)

    def _learned_atoms(self, materials: list[Material]) -> list[float]:
        """Number of atoms of each structure that a family is learned from."""
        supercell = self.campaign.structures.learning_supercell
        return [bulk_atoms(material.composition, supercell) for material in materials] + [
            md_atoms(self.campaign, cell.material.composition, cell.boundary)
            for cell in self._learning_boundaries(materials)
        ]

    def _learning_bulk(self, material: Material) -> str:
        large = Cell(material, BULK).structure(0)
        return f"{large}/learning" if f"{large}/learning" in self.graph.nodes else large

    def _learning_boundaries(self, materials: list[Material]) -> list[Cell]:
        """Each boundary and each material once: a family's materials share elements, so all pairs would say no more."""
        boundaries = self.campaign.boundaries
        pairs = max(len(materials), len(boundaries)) if boundaries else 0
        return [
            Cell(materials[number % len(materials)], boundaries[number % len(boundaries)]) for number in range(pairs)
        ]

    def _run(self, run: PossibleRun, bulk: PossibleRun | None) -> None:
        md, cell, case = self.campaign.md, run.cell, run.case
        facts = {**cell.facts, "temperature_K": run.temperature_K, "realisation": run.realisation}
        inputs = md.model_dump(include={"equilibrate_ps", "timestep_fs", "frame_every_fs", "extensions"})
        inputs |= {"production_ps": run.length_ps, "temperature_K": run.temperature_K}
        seed = 1 + self.campaign.seed + 1000 * run.realisation
        if run.length_ps != md.production_ps:
            seed += round(run.length_ps)  # runs of several lengths are independent of each other
        share = (md.equilibrate_ps + run.length_ps) / (md.equilibrate_ps + md.production_ps)
        simulation = self._add(
            f"md/{case}",
            MD,
            {**inputs, "seed": seed, "member": run.realisation % self.campaign.potential.ensemble},
            parents={"structure": run.structure, "potential": f"learn/{self._family_of(cell.material)}"},
            facts={**facts, "production_ps": run.length_ps},
            settings=md.model_dump(include={"lammps", "pair_style", "launcher"})
            | {"labels": self.campaign.labels.model_dump(mode="json")},
            cost=share * self.costs.dynamics(self.campaign, run.composition, run.boundary),
        )
        asked = {"temperature_K": run.temperature_K, "seed": seed}
        cost = share * self.costs.diffusivity(self.campaign, run.composition, run.boundary)
        self.measured[f"diffusivity/{case}"] = run.structure
        own = {"run": simulation, "structure": run.structure}
        if bulk is None:
            self._add(f"diffusivity/{case}", BULK_DIFFUSIVITY, asked, parents=own, facts=facts, cost=cost)
            return
        width = self.campaign.boundary_width_nm
        self._add(
            f"diffusivity/{case}",
            BOUNDARY_DIFFUSIVITY,
            {**asked, "width_nm": width},
            parents={**own, "bulk": f"diffusivity/{bulk.case}", "bulk_run": f"md/{bulk.case}"},
            facts={**facts, "boundary_width_nm": width},
            cost=cost,
        )

    def _transport(self, cell: Cell) -> None:
        """All runs of a cell together, and for a boundary those of its bulk."""
        inputs: dict[str, object] = {"screening_temperature_K": self.campaign.screening_temperature_K}
        parents = {f"cell:{name}": name for name in self._measured(cell)}
        stage, facts = BULK_TRANSPORT, cell.facts
        if cell.boundary != BULK:
            parents |= {f"bulk:{name}": name for name in self._measured(Cell(cell.material, BULK))}
            width_nm = self.campaign.boundary_width_nm
            inputs |= {"width_nm": width_nm, "seed": self.campaign.seed}
            stage, facts = BOUNDARY_TRANSPORT, {**facts, "boundary_width_nm": width_nm}
        self._add(f"transport/{cell.label}", stage, inputs, parents=parents, tolerant=True, facts=facts)

    def _measured(self, cell: Cell) -> list[str]:
        return [name for name in self.measured if name.startswith(f"diffusivity/{cell.label}/")]

    def _surrogate(self, microstructure: str) -> str:
        parents = {name: name for pair in self.measured.items() for name in pair}
        parents["microstructure"] = microstructure
        options = self.campaign.surrogate.model_dump(mode="json")
        return self._add(
            "surrogate",
            SURROGATE,
            {"options": options, "seed": self.campaign.seed, "cells": self.measured, "labels": self.labels},
            parents=parents,
            tolerant=True,
            facts={"members": options["members"]},
            cost=self.costs.surrogate(self.campaign),
        )

    def _microstructure(self, number: int) -> str:
        asked = self.campaign.homogenization
        inputs = {"grains": asked.grains, "seed": self.campaign.seed + number}
        return self._add(
            f"microstructure/{number}",
            MICROSTRUCTURE,
            inputs,
            facts={"grains": asked.grains},
            cost=self.costs.microstructure(self.campaign),
        )

    def _posterior(self, surrogate: str, candidates: list[Cell]) -> str:
        """Samples of all candidates together; what some structure fails to give is left out."""
        names = [cell.structure(0) for cell in candidates]
        inputs = {"samples": self.campaign.homogenization.samples, "seed": self.campaign.seed}
        parents = {"surrogate": surrogate, **{name: name for name in names}}
        return self._add("posterior", POSTERIOR, inputs, parents=parents, tolerant=True)

    def _homogenize(self, cell: Cell, surrogate: str, posterior: str, microstructures: list[str]) -> None:
        campaign = self.campaign
        temperatures = sorted({campaign.screening_temperature_K, *campaign.temperatures_K})
        inputs = {
            "temperatures_K": temperatures,
            "grain_sizes_nm": sorted(campaign.grain_sizes_nm),
            "width_nm": campaign.boundary_width_nm,
            "screening_temperature_K": campaign.screening_temperature_K,
            "seed": campaign.seed,
        }
        parents = {"surrogate": surrogate, "posterior": posterior, "bulk": Cell(cell.material, BULK).structure(0)}
        if cell.boundary != BULK:
            parents["boundary"] = cell.structure(0)
        parents |= {f"microstructure:{number}": name for number, name in enumerate(microstructures)}
        self._add(
            f"homogenize/{cell.label}",
            HOMOGENIZE,
            inputs,
            parents=parents,
            facts={**cell.facts, "boundary_width_nm": campaign.boundary_width_nm},
            cost=self.costs.homogenization(campaign),
        )

    def _ranking(self) -> None:
        points = [name for name in self.graph.nodes if name.startswith("homogenize/")]
        if points:
            facts = {"screening_temperature_K": self.campaign.screening_temperature_K}
            self._add(
                "ranking", RANKING, dict(facts), parents={name: name for name in points}, tolerant=True, facts=facts
            )

    def _add(
        self,
        name,
        stage,
        inputs,
        *,
        parents=None,
        tolerant=False,
        decision=False,
        facts=None,
        settings=None,
        cost=1.0,
    ) -> str:
        related = (parents or {}, tolerant, facts or {}, settings or {})
        resources = item_resources(self.campaign, stage.name)
        return self.graph.add(Node(name, stage, inputs, *related, resources, cost, decision))


def _label_identity(labels) -> dict[str, object]:
    return _identity_of(labels.model_dump_json())


@lru_cache(maxsize=16)  # asking the reference's interpreter takes half a second, and a growing graph is built often
def _identity_of(labels: str) -> dict[str, object]:
    return identity(json.loads(labels))
