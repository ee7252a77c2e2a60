"""Potentials: which materials share one, and on which structures it is learned."""

from __future__ import annotations

from argyro.campaigns.pipeline.learn import LEARN
from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.pipeline.nodes.structures import learning_bulk
from argyro.campaigns.spec.label_source import known_checksums, known_count
from argyro.campaigns.spec.schema import Campaign, Material
from argyro.campaigns.workload.atom_counts import BULK, bulk_atoms, md_atoms
from argyro.campaigns.workload.run_space import Cell

# Potentials are learned above the hottest run they serve, so that its rare events are no news to them.
HOTTER = 1.3


def families(campaign: Campaign) -> dict[str, list[Material]]:
    """Materials that share a potential."""
    found: dict[str, list[Material]] = {}
    for material in campaign.materials:
        found.setdefault(_family(campaign, material), []).append(material)
    return found


def potential_of(campaign: Campaign, material: Material) -> str:
    """Name of the item that learns a material's potential."""
    return f"learn/{_family(campaign, material)}"


def _family(campaign: Campaign, material: Material) -> str:
    from argyro.platform.structures.crystal.composition import Composition

    elements = "-".join(sorted(Composition.parse(material.composition).elements))
    names = {"by_elements": elements, "by_composition": material.composition, "one": "all"}
    return names[campaign.potential.families]


def known_labels(campaign: Campaign, materials: list[Material]) -> int:
    """Number of labels that a family begins with since they are known."""
    from argyro.platform.structures.crystal.composition import Composition

    elements = {element for material in materials for element in Composition.parse(material.composition).elements}
    return known_count(campaign.labels.model_dump(), elements)


def add_potential(draft: Draft, family: str, materials: list[Material]) -> None:
    """Learning of a family's potential in its bulk cells and boundaries."""
    campaign = draft.campaign
    potential, labels = campaign.potential, campaign.labels
    boundaries = _boundary_cells(campaign, materials)
    names = [learning_bulk(draft, Cell(material, BULK)) for material in materials]
    names += [cell.structure(0) for cell in boundaries]
    known = known_checksums(labels.model_dump())
    draft.add(
        f"learn/{family}",
        LEARN,
        {
            "labels": draft.labels,
            "options": _options(campaign),
            "ensemble": min(potential.ensemble, campaign.md.realisations),
            **({"require": potential.require} if potential.require != "any" else {}),
            "target_ps": potential.target_ps,
            "target_K": max(campaign.temperatures_K) if potential.target_ps else None,
            **({"known": known} if known else {}),
        },
        parents={name: name for name in names},
        facts={"family": family, "label_source": labels.source, "levels": potential.levels},
        settings={"labels": labels.model_dump(mode="json")},
        cost=draft.costs.learning(
            campaign, _learned_atoms(campaign, materials, boundaries), known_labels(campaign, materials)
        ),
    )


def _options(campaign: Campaign) -> dict[str, object]:
    potential = campaign.potential
    range_K = (min(campaign.temperatures_K), HOTTER * max(campaign.temperatures_K))
    return {
        "levels": potential.levels,
        "cutoff_A": potential.cutoff_A,
        "temperatures_K": list(potential.temperatures_K or range_K),
        "exploration_ps": potential.explore_ps,
        "max_labels": potential.max_labels,
        "rounds_per_level": potential.max_rounds,
        "seed": campaign.seed,
    }


def _learned_atoms(campaign: Campaign, materials: list[Material], boundaries: list[Cell]) -> list[float]:
    """Number of atoms of each structure that a family is learned from."""
    supercell = campaign.structures.learning_supercell
    return [bulk_atoms(material.composition, supercell) for material in materials] + [
        md_atoms(campaign, cell.material.composition, cell.boundary) for cell in boundaries
    ]


def _boundary_cells(campaign: Campaign, materials: list[Material]) -> list[Cell]:
    """Each boundary and each material once: a family's materials share elements, so all pairs would say no more."""
    boundaries = campaign.boundaries
    pairs = max(len(materials), len(boundaries)) if boundaries else 0
    return [Cell(materials[number % len(materials)], boundaries[number % len(boundaries)]) for number in range(pairs)]
