"""Warnings that stages attach to their results: a code with one sentence, and the numbers of the case."""

from __future__ import annotations

from argyro.platform.execution.stage import Contract

SENTENCES = {
    "potential-extended": "The potential was extended by frames of the run.",
    "run-cut-short": "The potential began to extrapolate; only the first part of the run is used.",
    "run-lengthened": "The run was lengthened until its diffusivity was converged.",
    "run-budget-ended": "The largest length of the run was reached before its diffusivity was converged.",
    "no-jump-rates": "There are no jump rates.",
    "short-run": "The run is short: D may be too high, and its interval includes this bias.",
    "upper-bound-only": "There is only an upper bound of D, no value.",
    "enthalpy-left-out": "A run at the synthesis temperature does not count for the disorder.",
    "free-energy-left-out": "The free energy of an arrangement of the anions does not count for the disorder.",
    "disorder-without-entropy": "The disorder lacks the entropy of Li and vibrations: too few free energies count.",
    "disorder-methods-differ": "Free energies and hybrid Monte Carlo give different disorders of the same cell.",
    "disorder-unlike-published": "The predicted disorder differs from a refined one.",
    "disorder-estimated": "The disorder is an estimate from published values: too few runs count.",
    "out-of-domain": "The query is outside the training data of the surrogate.",
}


class Note(Contract):
    """Hold a warning.

    Args:
        code: a key of `SENTENCES`.
        detail: numbers of this case.
        target: direction of a diffusivity; empty if the note concerns the whole item.
    """

    code: str
    detail: str = ""
    target: str = ""

    @property
    def text(self) -> str:
        """Sentence of the code with direction and detail."""
        detail = ", ".join(part for part in (self.target, self.detail) if part)
        return SENTENCES[self.code] + (f" ({detail})" if detail else "")
