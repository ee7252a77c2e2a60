"""Function `structure` behind the command `argyro structure`."""

import json

import ase.io
import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.structures.report import boundaries_table, structure


def test_bulk_keys_and_files(tmp_path):
    keys = structure("Li6PS5Cl", 0.5, output=tmp_path / "cell.vasp", picture=tmp_path / "cell.png")
    assert keys["atoms"] == 52 and keys["boundaries"] == 0 and keys["charge"] == 0 and all(keys["checks"].values())
    assert keys["nearest_of"] is None and "energy_J_m2" not in keys
    assert len(ase.io.read(tmp_path / "cell.vasp")) == 52
    assert (tmp_path / "cell.png").read_bytes().startswith(b"\x89PNG")
    json.dumps(keys)


def test_boundary_keys(tmp_path):
    keys = structure("Li6PS5Cl", 0.3, "sigma3(-111)[110]", output=tmp_path / "gb.extxyz", picture=tmp_path / "gb.png")
    assert keys["boundaries"] == 2 and keys["thickness_nm"] >= 1.5 and keys["energy_J_m2"] is None
    assert keys["area_A2"] == pytest.approx(3 * 9.8614**2 / np.sqrt(3), rel=1e-6)
    assert keys["sides"] == ["(-111)|(1-11)", "(1-1-1)|(-11-1)"] and keys["sides_equal"] is False
    assert keys["nearest_of"] == {"composition": "Li6PS5Cl", "disorder": 0.3}
    assert ase.io.read(tmp_path / "gb.extxyz").info["boundary"] == "sigma3(-111)[110]"
    json.dumps(keys)


def test_unknown_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="no extension of an ASE format"):
        structure("Li6PS5Cl", output=tmp_path / "cell.unknown")


def test_table_of_boundaries_is_plain_data():
    rows = boundaries_table()
    assert len(rows) >= 15 and {"name", "kind", "angle_deg", "polar", "sides", "sides_equal"} == set(rows[0])
    json.dumps(rows)
