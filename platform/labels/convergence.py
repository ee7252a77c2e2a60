"""Convergence of self-consistent calculations from the output of their codes; standard library only.

A function has the name of its label source.
A code ends normally, with energies and forces, when the electronic loop reaches its limit of steps. Such numbers are
not valid labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The convergence of the last self-consistent cycle of an output, and the line that states it."""

    converged: bool
    reason: str


def vasp(outcar: str) -> Verdict:
    """Judge an OUTCAR: the last ionic step must reach EDIFF in fewer than NELM electronic steps."""
    iterations = re.findall(r"Iteration\s+(\d+)\(\s*(\d+)\)", outcar)
    limit = re.search(r"NELM\s*=\s*(\d+)", outcar)
    if not iterations or limit is None:
        return Verdict(False, "OUTCAR has no electronic steps or no NELM: VASP stopped before the first step")
    ionic, electronic = (int(number) for number in iterations[-1])
    last_cycle = outcar[outcar.rfind(f"Iteration {ionic:6d}(") :]
    reached = "EDIFF is reached" in last_cycle
    steps = f"{electronic} electronic steps of at most NELM = {limit[1]}"
    if reached and electronic < int(limit[1]):
        return Verdict(True, f"EDIFF reached after {steps}")
    return Verdict(False, f"EDIFF not reached within NELM after {steps}")


def espresso(output: str) -> Verdict:
    """Judge a pw.x output: ``convergence has been achieved`` in the last cycle and ``JOB DONE`` at the end."""
    lines = re.findall(r"convergence (?:has been achieved in|NOT achieved after)\s+\d+ iterations", output)
    if not lines:
        return Verdict(False, "pw.x wrote no convergence line: it stopped before the end of the first cycle")
    if "NOT" in lines[-1]:
        return Verdict(False, lines[-1])
    if "JOB DONE" not in output:
        return Verdict(False, f"{lines[-1]}, but pw.x did not reach JOB DONE")
    return Verdict(True, lines[-1])


def cp2k(output: str) -> Verdict:
    """Judge a CP2K output by its last ``SCF run converged in N steps``, of the outer loop if there is one."""
    lines = re.findall(
        r"SCF run converged in\s+\d+ steps|SCF run NOT converged"
        r"|outer SCF loop converged in\s+\d+ iterations|outer SCF loop FAILED to converge",
        output,
    )
    if not lines:
        return Verdict(False, "CP2K wrote no SCF verdict: it stopped before the end of the first cycle")
    return Verdict("NOT" not in lines[-1] and "FAILED" not in lines[-1], lines[-1])


def gpaw(output: str) -> Verdict:
    """Judge a GPAW output by ``Converged in N steps``; an unconverged cycle also raises in GPAW."""
    lines = re.findall(r"Converged (?:after|in) \d+ (?:iterations|steps)", output)
    if lines:
        return Verdict(True, lines[-1])
    steps, limit = re.findall(r"iter:\s*(\d+)", output), re.search(r"maximum number of iterations: (\d+)", output)
    if steps and limit and int(steps[-1]) >= int(limit[1]):
        return Verdict(False, f"the criteria are not met after the limit of {steps[-1]} steps")
    return Verdict(False, "GPAW wrote no convergence line: it stopped before the end of the first cycle")
