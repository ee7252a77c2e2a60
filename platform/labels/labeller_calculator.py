"""ASE calculator of an open labeller, for relaxations with a reference of another environment."""

from __future__ import annotations

from typing import Any

from ase.calculators.calculator import Calculator, all_changes

from argyro.platform.common.errors import ArgyroError
from argyro.platform.labels.client import Labeller, failure


class LabellerCalculator(Calculator):
    """A calculator of energy, forces and stress by a labeller.

    Args:
        labeller: labeller that stays open while the calculator is used.
    """

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012  # as ASE declares it

    def __init__(self, labeller: Labeller):
        super().__init__()
        self.labeller = labeller

    def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Label the cell.

        Raises:
            ArgyroError: the label did not converge.
        """
        super().calculate(atoms, properties, system_changes)
        (labelled,) = self.labeller.label([self.atoms])
        if labelled.info["status"] != "converged":
            raise ArgyroError(f"the label ended {labelled.info['status']}: {failure(labelled)}")
        self.results = dict(labelled.calc.results)
