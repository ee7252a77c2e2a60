"""Electronic convergence of the ionic steps of a VASP run."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from argyro.platform.potential.frames.text_file import open_text

_ITERATION = re.compile(r"-+ Iteration\s*(\d+)\(\s*(\d+)\)")
_LIMIT = re.compile(r"NELM\s*=\s*(\d+)")


def converged_in_outcar(path: Path) -> list[bool]:
    """Return for every ionic step, an unfinished one included, whether its electronic loop converged.

    A loop that ended at NELM electronic steps without reaching EDIFF did not converge.

    Args:
        path: an OUTCAR file.
    """
    limit, last = 0, ""
    converged: list[bool] = []
    with open_text(path) as file:
        for line in file:
            if found := _ITERATION.search(line):
                if found[1] != last:
                    last = found[1]
                    converged.append(True)
                converged[-1] = not 1 < limit <= int(found[2])
            elif "aborting loop" in line and converged:
                converged[-1] = "is reached" in line
            elif not limit and (found := _LIMIT.search(line)):
                limit = int(found[1])
    return converged


def converged_in_vasprun(path: Path) -> list[bool]:
    """Return for every ionic step, an unfinished one included, whether its electronic loop converged.

    A loop of NELM electronic steps whose last two differ by EDIFF or more did not converge.

    Args:
        path: a vasprun.xml file.
    """
    limit, tolerance_eV = 0, 0.0
    converged: list[bool] = []
    with open_text(path) as file:
        try:
            for _, element in ElementTree.iterparse(file):
                name = element.get("name")
                if name == "NELM" and element.text:
                    limit = int(element.text)
                elif name == "EDIFF" and element.text:
                    tolerance_eV = float(element.text)
                elif element.tag == "calculation":
                    nodes = element.findall("scstep/energy/i[@name='e_fr_energy']")
                    energies_eV = [float(node.text or "nan") for node in nodes]
                    short = not 1 < limit <= len(energies_eV)
                    converged.append(short or abs(energies_eV[-1] - energies_eV[-2]) < tolerance_eV)
                    element.clear()
        except ElementTree.ParseError:  # the file is cut off within a step
            converged.append(True)
    return converged
