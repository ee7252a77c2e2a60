"""Find the ionic steps of a VASP run whose electronic loop did not converge."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from argyro.platform.potential.frames.text_file import open_text

_ITERATION = re.compile(r"-+ Iteration\s*(\d+)\(\s*(\d+)\)")
_LIMIT = re.compile(r"NELM\s*=\s*(\d+)")


def unconverged_in_outcar(path: Path) -> set[int]:
    """Return the places of the ionic steps that ended at NELM electronic steps without reaching EDIFF.

    Args:
        path: an OUTCAR file.
    """
    limit, place, steps = 0, -1, 0
    last = ""
    reached: dict[int, bool] = {}
    with open_text(path) as file:
        for line in file:
            if found := _ITERATION.search(line):
                if found[1] != last:
                    last, place = found[1], place + 1
                steps = int(found[2])
                reached[place] = not 1 < limit <= steps
            elif "aborting loop" in line and place >= 0:
                reached[place] = "is reached" in line
            elif not limit and (found := _LIMIT.search(line)):
                limit = int(found[1])
    return {step for step, converged in reached.items() if not converged}


def unconverged_in_vasprun(path: Path) -> set[int]:
    """Return the places of the ionic steps whose last two electronic steps differ by EDIFF or more after NELM steps.

    Args:
        path: a vasprun.xml file.
    """
    limit, tolerance_eV, place = 0, 0.0, 0
    found: set[int] = set()
    with open_text(path) as file:
        for _, element in ElementTree.iterparse(file):
            if element.tag == "i" and element.get("name") == "NELM" and element.text:
                limit = int(element.text)
            elif element.tag == "i" and element.get("name") == "EDIFF" and element.text:
                tolerance_eV = float(element.text)
            elif element.tag == "calculation":
                energies_eV = [
                    float(node.text or "nan") for node in element.findall("scstep/energy/i[@name='e_fr_energy']")
                ]
                if 1 < limit <= len(energies_eV) and abs(energies_eV[-1] - energies_eV[-2]) >= tolerance_eV:
                    found.add(place)
                place += 1
                element.clear()
    return found
