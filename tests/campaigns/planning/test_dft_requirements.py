"""Needs of a DFT code that `plan` sees before `run` fails: program, MPI ranks, POTCARs; and its price."""

import pytest

from argyro.campaigns.planning.dft_requirements import dft_lacking, ranks_of
from argyro.campaigns.planning.plan import Machine, make_plan
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs

COMMAND = "mpirun -np 32 vasp_std"


def campaign(source="vasp", cores=None, **kwargs):
    return Campaign(
        name="dft",
        materials=[{"composition": "Li6PS5Cl", "disorder": 0.5}],
        temperatures_K=[500, 600],
        grain_sizes_nm=[100],
        labels={"source": source, "kwargs": kwargs},
        resources={} if cores is None else {"labels": cores},
    )


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A node with a launcher and VASP, and POTCARs of all elements but Cl."""
    for program in ("mpirun", "vasp_std"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    for element in ("Li", "P", "S"):
        (tmp_path / "potpaw_PBE" / element).mkdir(parents=True)
        (tmp_path / "potpaw_PBE" / element / "POTCAR").write_text(element)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("VASP_PP_PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "ranks"),
    [
        (COMMAND, 32),
        ("srun --ntasks=8 vasp_std", 8),
        ("/opt/mpi/bin/mpiexec -n 4 pw.x", 4),
        ("mpirun vasp_std", None),
        ("vasp_std -n 4", None),
    ],
)
def test_ranks_of_a_command(command, ranks):
    assert ranks_of(command) == ranks


def test_each_lack_is_one_sentence_with_its_repair(machine, monkeypatch):
    (potcars,) = dft_lacking(campaign(command=COMMAND, cores=32))
    assert "no POTCAR of Cl;" in potcars
    (machine / "potpaw_PBE" / "Cl").mkdir()
    (machine / "potpaw_PBE" / "Cl" / "POTCAR").write_text("Cl")
    assert dft_lacking(campaign(command=COMMAND, cores=32)) == []
    (ranks,) = dft_lacking(campaign(command=COMMAND))
    assert "starts 32 MPI ranks" in ranks and "reserve 1 core;" in ranks and "resources: {labels: 32}" in ranks
    (machine / "vasp_std").unlink()
    (program,) = dft_lacking(campaign(command=COMMAND, cores=32))
    assert "vasp_std is not on the PATH" in program
    monkeypatch.delenv("VASP_PP_PATH")
    assert any("VASP_PP_PATH is not set" in line for line in dft_lacking(campaign(command=COMMAND, cores=32)))


def test_other_references_lack_nothing_of_dft(machine):
    assert dft_lacking(campaign("diep")) == []
    (pseudopotentials,) = dft_lacking(campaign("espresso", command="mpirun"))
    assert "kwargs.pseudopotentials" in pseudopotentials


def test_a_stated_time_prices_the_labels_by_their_cores():
    """80 labels of 90 s on 32 cores are 64 core-hours; the rest of the learning does not change."""
    asked = campaign(command=COMMAND, cores=32)
    plans = {label_s: make_plan(asked, Costs(label_s=label_s), [Machine(32, 64.0)]) for label_s in (90.0, 180.0)}
    learn = {
        label_s: next(stage["core_hours"] for stage in plan["stages"] if stage["name"] == "learn")
        for label_s, plan in plans.items()
    }
    assert learn[180.0] - learn[90.0] == pytest.approx(80 * 90 * 32 / 3600)
    assumed = plans[90.0]["assumptions"]
    assert (assumed["label_s"], assumed["label_cores"], assumed["label_price"]) == (90.0, 32, "stated")
