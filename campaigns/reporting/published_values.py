"""Numbers of a campaign beside published dynamics and experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from argyro.campaigns.pipeline.stages.homogenize import Polycrystal
from argyro.campaigns.spec.material import Material
from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.estimate import in_words, significant
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.platform.labels.bias_table import PELLETS
from argyro.platform.structures.crystal.composition import LATTICE_A
from argyro.surrogates.data.published import published_for

PELLET_NOTE = f"{PELLETS} Compare ranks and ratios."
ROOM_K = (293.0, 303.0)  # of the published conductivities
# D_eff/D_bulk of Li6PS5Cl, 50 %, 300 K at 5.9, 23, 100 and 1000 nm: Ou et al., arXiv:2510.18630
GRAIN_FACTORS = {5.9: 0.568, 23.0: 0.788, 100.0: 0.942, 1000.0: 0.993}
DIFFUSIVITY_CM2_S = {("Li6PS5Cl", 0.5): 2.203e-7, ("Li6PS5Cl", 0.0): 1.2e-9}  # at 300 K, MD with potentials from PBE
DIFFUSIVITY_SOURCE = "Ou et al., arXiv:2407.04126"
IONS_PER_A3 = 24 / LATTICE_A["Cl"] ** 3
GRAIN_MATERIAL, GRAIN_SOURCE = Material(composition="Li6PS5Cl", disorder=0.5), "Ou et al., arXiv:2510.18630"


@dataclass(frozen=True)
class PublishedRow:
    """One number of a campaign with published values of the same quantity.

    Args:
        quantity: name with unit.
        here: number of the campaign.
        dynamics: published value of molecular dynamics; empty if there is none.
        pellets: measured on pressed pellets; empty if there is none.
        source: sources of both.
    """

    quantity: str
    here: str
    dynamics: str
    pellets: str
    source: str


def published_rows(ranking: Sequence[Polycrystal]) -> list[PublishedRow]:
    """Compare conductivities near 300 K, the effect of grain size and the contrast of materials.

    Args:
        ranking: candidates of the campaign.
    """
    at_room = [row for row in ranking if ROOM_K[0] <= row.temperature_K <= ROOM_K[1]]
    largest = _of_size(at_room, max)
    return [*_conductivities(largest), *_grain_factor(_of_size(at_room, min), largest), *_contrast(largest)]


def _of_size(
    ranking: Sequence[Polycrystal], extreme: Callable[[Iterable[float]], float]
) -> dict[Material, Polycrystal]:
    """Choose for each material its first row of extreme grain size."""
    found: dict[Material, Polycrystal] = {}
    for row in ranking:
        material, size = _material(row), extreme(other.grain_size_nm for other in ranking)
        if row.grain_size_nm == size:
            found.setdefault(material, row)
    return found


def _conductivities(rows: dict[Material, Polycrystal]) -> Iterator[PublishedRow]:
    for material, row in rows.items():
        dynamics, pellets = _dynamics_mS_cm(material), _pellets_mS_cm(material)
        if dynamics or pellets:
            yield PublishedRow(
                f"σ({row.temperature_K:g} K) of {material.label}, mS/cm",
                in_words(row.conductivity_mS_cm.to_json(), 2),
                significant(dynamics, 2) if dynamics else "",
                _range(pellets),
                "; ".join([DIFFUSIVITY_SOURCE] * bool(dynamics) + _pellet_sources(material)),
            )


def _grain_factor(
    smallest: dict[Material, Polycrystal], largest: dict[Material, Polycrystal]
) -> Iterator[PublishedRow]:
    material = GRAIN_MATERIAL
    if material not in smallest or smallest[material] is largest[material]:
        return
    small, large = smallest[material], largest[material]
    around = [size for size in GRAIN_FACTORS if size <= small.grain_size_nm][-1:]
    around += [size for size in GRAIN_FACTORS if size >= small.grain_size_nm][:1]
    values = [GRAIN_FACTORS[size] for size in around]
    yield PublishedRow(
        f"σ at {small.grain_size_nm:g} nm grains over σ at {large.grain_size_nm:g} nm, {material.label}",
        significant(small.conductivity_mS_cm.value / large.conductivity_mS_cm.value, 2),
        f"{_range((values[0], values[-1]))} at {' and '.join(f'{size:g}' for size in around)} nm" if values else "",
        "",
        GRAIN_SOURCE,
    )


def _contrast(rows: dict[Material, Polycrystal]) -> Iterator[PublishedRow]:
    """Compare the ratio of the best and the worst conductor; a common factor of all pellets cancels."""
    ordered = sorted(rows, key=lambda material: rows[material].conductivity_mS_cm.value)
    if len(ordered) < 2:
        return
    worst, best = ordered[0], ordered[-1]
    above, below = _pellets_mS_cm(best), _pellets_mS_cm(worst)
    measured = (above[0] / below[1], above[1] / below[0]) if above and below else None
    value = rows[best].conductivity_mS_cm.value / rows[worst].conductivity_mS_cm.value
    if measured:
        name = f"σ of {best.label} over σ of {worst.label}"
        yield PublishedRow(name, significant(value, 2), "", _range(measured), "; ".join(_pellet_sources(best)))


def _material(row: Polycrystal) -> Material:
    return Material(composition=row.composition, disorder=row.disorder)


def _dynamics_mS_cm(material: Material) -> float | None:
    """Convert the published D(300 K) of a material to a conductivity."""
    published_cm2_s = DIFFUSIVITY_CM2_S.get((material.composition, material.share))
    return published_cm2_s and S_CM_IN_MS_CM * conductivity_S_cm(published_cm2_s, IONS_PER_A3, 300.0)


def _pellets_mS_cm(material: Material) -> tuple[float, float] | None:
    """Return the range of the conductivities that were measured near room temperature, whatever the disorder."""
    measured = [row.conductivity_S_cm for row in published_for(material.composition) if row.conductivity_S_cm]
    return (S_CM_IN_MS_CM * min(measured), S_CM_IN_MS_CM * max(measured)) if measured else None


def _pellet_sources(material: Material) -> list[str]:
    return sorted({f"doi {row.doi}" for row in published_for(material.composition) if row.conductivity_S_cm})


def _range(limits: tuple[float, float] | None) -> str:
    if limits is None:
        return ""
    low, high = (significant(limit, 2) for limit in limits)
    return low if low == high else f"{low} to {high}"
