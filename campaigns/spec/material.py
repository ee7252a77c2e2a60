"""Name a material, a boundary and a simulated cell; each has one label and one sort order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from argyro.campaigns.spec.numbers import Share
from argyro.campaigns.spec.path_sandbox import File
from argyro.campaigns.spec.section import Section
from argyro.platform.common.errors import InputError


def _composition(formula: str) -> str:
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


class Material(Section):
    """One candidate: an overall composition and its site disorder, or the CIF that gives both."""

    composition: Annotated[str, AfterValidator(_composition)] = Field(
        "", description="formula per formula unit, for instance Li6PS5Cl, Li6PS5Cl0.5Br0.5, Li5.5PS4.5Cl1.5"
    )
    disorder: Share = Field(0.0, description="share of the halide on 4c instead of 4a, 0 to 1; default 0, or the CIF's")
    cif: File | None = Field(None, description="CIF of an argyrodite, in place of composition; occupancies give both")

    @model_validator(mode="after")
    def _one_of_both(self) -> Material:
        if bool(self.composition) == (self.cif is not None):
            raise InputError("give either composition or cif", accepted="composition, for instance Li6PS5Cl, or cif")
        return self

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
        return Material(composition=refined.composition, disorder=disorder)

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Cl 50 %``."""
        return f"{self.composition} {100 * self.disorder:g} %"

    def __lt__(self, other: Material) -> bool:
        return (self.composition, self.disorder) < (other.composition, other.disorder)


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
            "disorder": self.material.disorder,
            "boundary": str(self.boundary),
            "material": self.material.label,
        }
