"""Replaced files are old or new, never a part; a lock file has one holder."""

import json
import subprocess
import sys

import pytest

from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.atomic_files import exclusive_lock, is_locked, replacing, write_json, write_text


@pytest.mark.parametrize("options", [{}, {"durable": True}, {"shared": True}])
def test_a_reader_finds_the_old_file_until_the_new_one_is_complete(tmp_path, options):
    file = tmp_path / "file.json"
    file.write_text("old")
    with replacing(file, **options) as partial:
        partial.write_text("half")
        assert file.read_text() == "old" and partial.parent == tmp_path
    assert file.read_text() == "half" and list(tmp_path.iterdir()) == [file]


def test_an_error_leaves_the_old_file_alone(tmp_path):
    file = tmp_path / "file.json"
    write_text(file, "old")
    with pytest.raises(RuntimeError), replacing(file) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_the_leftover_of_a_killed_writer_is_no_part_of_the_next_file(tmp_path):
    (tmp_path / "file.json.part").write_text("of a killed process, longer than what follows")
    write_json(tmp_path / "file.json", {"a": 1})
    assert json.loads((tmp_path / "file.json").read_text()) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["file.json"]


def test_writers_at_the_same_time_do_not_share_a_temporary_file(tmp_path):
    file = tmp_path / "file"
    with replacing(file, shared=True) as first, replacing(file, shared=True) as second:
        first.write_text("first")
        second.write_text("second")
    assert first != second and file.read_text() == "first"


def test_a_lock_has_one_holder_and_ends_with_the_block(tmp_path):
    lock = tmp_path / "lock"
    assert not is_locked(lock)
    with exclusive_lock(lock, "unused"):
        assert is_locked(lock)
        with pytest.raises(ArgyroError, match="a run works here"), exclusive_lock(lock, "a run works here"):
            pass
    assert not is_locked(lock)


def test_a_lock_ends_with_its_process(tmp_path):
    lock = tmp_path / "lock"
    code = "import os, sys, pathlib; from argyro.platform.execution.atomic_files import exclusive_lock\n"
    code += "with exclusive_lock(pathlib.Path(sys.argv[1]), ''): os._exit(0)"
    subprocess.run([sys.executable, "-c", code, lock], check=True)
    assert lock.exists() and not is_locked(lock)
    with exclusive_lock(lock, "unused"):
        pass
