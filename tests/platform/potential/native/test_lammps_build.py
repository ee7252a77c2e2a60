import subprocess
import sys

import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.potential.native import build
from argyro.platform.potential.native.lammps_build import LammpsFacts, build_plugin
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment

HELP = """
Large-scale Atomic/Molecular Massively Parallel Simulator - 29 Aug 2024 - Update 1

{mpi}

Active compile time flags:

-DLAMMPS_GZIP
-DLAMMPS_{integers}
"""


def run_lammps(script: str, folder, environment, ranks: int = 1):
    (folder / "in.lammps").write_text(script)
    command = [*lammps_command(ranks), "-in", "in.lammps", "-log", "none"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_facts_come_from_the_executables_help():
    assert LammpsFacts.parse(HELP.format(mpi="MPI v4.0: MPICH", integers="BIGBIG")) == LammpsFacts(
        20240829, "BIGBIG", False
    )
    stubs = "MPI v1.0: LAMMPS MPI STUBS for LAMMPS version 29 Aug 2024"
    assert LammpsFacts.parse(HELP.format(mpi=stubs, integers="SMALLBIG")).serial


def test_another_programs_help_is_refused():
    with pytest.raises(InputError, match="not that of LAMMPS"):
        LammpsFacts.parse("usage: ls [OPTION]")


def test_a_folder_without_lammps_is_refused(tmp_path):
    with pytest.raises(InputError, match="no LAMMPS headers below"):
        build_plugin(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "pair.h").write_text("")
    with pytest.raises(InputError, match="no LAMMPS executable below"):
        build_plugin(tmp_path)


def test_a_named_lammps_is_asked_how_it_was_built(tmp_path, monkeypatch):
    asked = {}

    def record(target, scratch, include_dirs, defines, compiler):
        asked.update(headers=include_dirs, defines=defines, compiler=compiler)
        return target

    monkeypatch.setattr(build, "build_plugin", record)
    monkeypatch.delenv("CXX", raising=False)
    wheel = build.lammps_wheel_dir()
    assert build_plugin(wheel, tmp_path) == tmp_path / build.PLUGIN_NAME
    assert asked["defines"] == build.wheel_defines()
    assert asked["headers"] == [wheel / "include" / "lammps"]
    assert asked["compiler"].endswith("mpicxx")


@pytest.mark.slow
def test_a_plugin_of_another_release_ends_with_one_clear_error(tmp_path, monkeypatch):
    quick = [flag for flag in build._FLAGS if flag != "-O3"]  # nothing is computed with it
    monkeypatch.setattr(build, "_FLAGS", quick)
    monkeypatch.setattr(build, "_X86", {"baseline": []})
    defines = ["LAMMPS_SMALLBIG", "ARGYRO_LAMMPS_VERSION=20240829"]
    plugin = tmp_path / "old" / build.PLUGIN_NAME
    build.build_plugin(plugin, tmp_path / "scratch", build.wheel_include_dirs(), defines)
    box = "region all block 0 1 0 1 0 1\ncreate_box 1 all\npair_style mtp\n"
    done = run_lammps(box, tmp_path, lammps_environment(plugin_dir=plugin.parent))
    errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
    assert done.returncode != 0
    assert len(errors) == 1
    assert "compiled for LAMMPS 20240829 but this is LAMMPS 20250722" in errors[0]
    assert "build-plugin" in errors[0]


def test_the_wheels_own_lmp_script_finds_the_plugin(tmp_path):
    (tmp_path / "in.lammps").write_text("plugin list\n")
    code = "from lammps.executable import lmp; lmp()"
    done = subprocess.run(
        [sys.executable, "-c", code, "-in", "in.lammps", "-log", "none"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "pair style plugin mtp" in done.stdout, done.stdout + done.stderr


def test_compiler_errors_are_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(build.BuildError, match="install g\\+\\+ or set CXX"):
        build.build_kernel(tmp_path / "k.so", tmp_path, [])


def test_every_architecture_has_the_baseline(monkeypatch):
    assert "baseline" in build.instruction_sets()
    monkeypatch.setattr(build.platform, "machine", lambda: "aarch64")
    assert list(build.instruction_sets()) == ["baseline"]
