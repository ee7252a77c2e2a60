"""Name a material, a boundary and a simulated cell; each has one label and one sort order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from argyro.campaigns.spec.mistakes import shown
from argyro.campaigns.spec.numbers import Share, share
from argyro.campaigns.spec.path_sandbox import File
from argyro.campaigns.spec.section import Section
from argyro.platform.common.errors import InputError


def _pairs(value: object) -> object:
    """Sort a mapping into pairs, which can be hashed."""
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


Species = Literal["Cl", "Br", "I", "Se"]
Shares = Annotated[tuple[tuple[Species, Share], ...], BeforeValidator(_pairs)]


def composition_name(formula: str) -> str:
    """Return the formula in the form that names of work items carry.

    Raises:
        InputError: it is no argyrodite, or its amounts have more than four decimals.
    """
    from argyro.platform.structures.crystal.composition import Composition

    name = Composition.parse(formula).formula
    try:
        Composition.parse(name)  # work items carry the name
    except InputError as error:
        raise InputError(
            f"composition {formula!r} is {name} in four decimals, which is not neutral or not complete; "
            "write amounts of at most four decimals that add up",
            accepted="amounts of at most four decimals",
        ) from error
    return name


PREDICTED: Literal["predicted"] = "predicted"


def _disorder(value: object) -> object:
    """Accept a share, or ask for the disorder in equilibrium."""
    if value == PREDICTED:
        return value
    if isinstance(value, str) and not any(character.isdigit() for character in value):
        message = f"{shown(value)} is neither a share nor 'predicted'; write a share from 0 to 1"
        raise InputError(message, accepted="0 to 1, or predicted")
    return share(value)


Disorder = Annotated[float | Literal["predicted"], BeforeValidator(_disorder)]


class Material(Section):
    """One candidate: an overall composition and its site disorder, or the CIF that gives both.

    A material in a work item has a number for its disorder; `Campaign.screened` replaces predicted ones.
    """

    composition: Annotated[str, AfterValidator(composition_name)] = Field(
        "", description="formula per formula unit, for instance Li6PS5Cl, Li6PS5Cl0.5Br0.5, Li5.5PS4.5Cl1.5"
    )
    disorder: Disorder = Field(
        PREDICTED,
        description="share of the halide on 4c instead of 4a, 0 to 1, or predicted: in equilibrium, see the section "
        "disorder; default: the CIF's, else predicted",
    )
    displaced: Shares = Field(
        (),
        exclude_if=lambda value: not value,
        description="of a mixture: share of each halide off 4a, and of Se off 16e, for instance {Cl: 0.6, Br: 0.2}",
    )
    cif: File | None = Field(None, description="CIF of an argyrodite, in place of composition; occupancies give both")

    @model_validator(mode="after")
    def _one_of_both(self) -> Material:
        if bool(self.composition) == (self.cif is not None):
            raise InputError("give either composition or cif", accepted="composition, for instance Li6PS5Cl, or cif")
        self._require_possible()
        return self

    def _require_possible(self) -> None:
        """Refuse a disorder of a composition that has nothing to exchange, and shares of absent species."""
        if not self.composition:
            return
        from argyro.platform.structures.crystal.composition import Composition

        parsed = Composition.parse(self.composition)
        if self.disorder not in (PREDICTED, 0.0) and not self.can_exchange:
            what = "no free S or Se" if parsed.halides else "no halide"
            raise InputError(
                f"disorder {self.disorder} is not possible in {self.composition}, which has {what} to exchange; "
                "write 0",
                accepted="0",
            )
        absent = [name for name, _ in self.displaced if not parsed[name]]
        if absent:
            raise InputError(
                f"displaced names {', '.join(absent)}, which {self.composition} does not contain; remove it",
                accepted=", ".join(element for element in parsed.elements if element not in ("Li", "S")),
            )

    @property
    def is_predicted(self) -> bool:
        """Whether the disorder is still to be predicted."""
        return self.disorder == PREDICTED

    @property
    def can_exchange(self) -> bool:
        """Whether the free anions are of two kinds."""
        from argyro.platform.structures.crystal.composition import Composition

        halides = Composition.parse(self.composition).halides
        return min(halides, 2.0 - halides) > 1e-6

    @property
    def share(self) -> float:
        """Disorder as a number."""
        assert isinstance(self.disorder, float)  # work items are made of screened materials
        return self.disorder

    def with_disorder(self, disorder: float, displaced: Mapping[str, float] | None = None) -> Material:
        """Return the material with a number for its disorder, rounded to what names of items show."""
        shares = {name: round(value, 2) for name, value in (displaced or {}).items()}
        return Material(composition=self.composition, disorder=round(disorder, 2), displaced=shares)

    def resolved(self) -> Material:
        """Replace a CIF by its refined composition and disorder; a disorder in the campaign file overrides the CIF's.

        Raises:
            InputError: the CIF cannot be read, or is no argyrodite.
        """
        if self.cif is None:
            return self
        from argyro.platform.structures.cif.argyrodite import refined_argyrodite
        from argyro.platform.structures.cif.partial_crystal import read_cif

        refined = refined_argyrodite(read_cif(self.cif))
        if refined is None:
            raise InputError(
                f"{self.cif} is no argyrodite with free anions on 4a and 4c; a campaign screens argyrodites only, "
                "other crystals can be ordered with `argyro structure FILE.cif`",
                accepted="the CIF of an argyrodite",
            )
        disorder = self.disorder if "disorder" in self.model_fields_set else round(refined.disorder or 0.0, 4)
        return Material(composition=refined.composition, disorder=disorder, displaced=self.displaced)

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Cl 50 %``."""
        return f"{self.composition} {PREDICTED if self.is_predicted else f'{100 * self.share:g} %'}"

    def __lt__(self, other: Material) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, float]:
        return self.composition, -1.0 if self.is_predicted else self.share


class BoundaryType(str):
    """Name a grain boundary such as ``sigma5(001)[001]``, or the bulk; the bulk sorts before all boundaries."""

    @property
    def is_bulk(self) -> bool:
        """Whether there is no boundary."""
        return self == BULK

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


BULK = BoundaryType("bulk")


@dataclass(frozen=True, order=True)
class Cell:
    """A simulated cell: a material in bulk or with a boundary."""

    material: Material
    boundary: BoundaryType

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Cl 50 %/bulk``."""
        return f"{self.material.label}/{self.boundary}"

    @property
    def bulk(self) -> Cell:
        """Cell of the same material without a boundary."""
        return Cell(self.material, BULK)

    @property
    def facts(self) -> dict[str, Any]:
        """Columns that describe the cell in tables and in MLflow."""
        return {
            "composition": self.material.composition,
            "disorder": self.material.share,
            "boundary": str(self.boundary),
            "material": self.material.label,
        }
