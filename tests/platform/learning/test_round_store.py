"""Rounds on disk: complete or absent, and bound to their inputs."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.common.errors import InputError
from argyro.platform.learning import round_store
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.round_store import ACCEPTED, RoundStore, append_frame, read_frames, write_frames


def labelled(energy_eV: float):
    atoms = bulk("LiCl", "rocksalt", a=5.1, cubic=True)
    atoms.calc = SinglePointCalculator(atoms, energy=energy_eV, forces=np.ones((8, 3)), stress=np.arange(6.0))
    atoms.info |= {"label_source": "chgnet/1/a/b", "status": "converged", "log": "line\nline", "structure": 1}
    return atoms


def test_frames_survive_the_disk_with_labels_and_origin(tmp_path):
    write_frames(tmp_path / "frames.extxyz", [labelled(-3.25)])
    (frame,) = read_frames(tmp_path / "frames.extxyz")
    assert frame.get_potential_energy() == -3.25
    np.testing.assert_array_equal(frame.get_forces(), np.ones((8, 3)))
    np.testing.assert_array_equal(frame.get_stress(), np.arange(6.0))
    assert frame.info["label_source"] == "chgnet/1/a/b" and frame.info["structure"] == 1


def test_interrupted_round_leaves_nothing(tmp_path):
    store = RoundStore(tmp_path)
    write_frames(store.scratch() / ACCEPTED, [labelled(1.0)])
    assert store.folders == [] and store.frames(ACCEPTED) == []
    scratch = store.scratch()
    assert list(scratch.iterdir()) == []
    write_frames(scratch / ACCEPTED, [labelled(2.0)])
    store.complete(scratch, {"round": 0})
    assert [folder.name for folder in store.folders] == ["round-000"]
    assert store.summaries == [{"round": 0}]
    assert [frame.get_potential_energy() for frame in store.frames(ACCEPTED)] == [2.0]


def test_a_file_of_frames_is_whole_whenever_its_writing_is_killed(tmp_path, monkeypatch):
    path = tmp_path / "frames.extxyz"
    append_frame(path, labelled(1.0))
    append_frame(path, labelled(2.0))
    before = path.read_bytes()
    write = round_store.write

    def killed(path, *what, **how):
        write(path, *what, **how)
        path.write_bytes(path.read_bytes()[:-3])  # in the last number, where a torn frame still reads
        raise KeyboardInterrupt

    for store in (lambda: append_frame(path, labelled(3.0)), lambda: write_frames(path, [labelled(3.0)])):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(round_store, "write", killed)
            store()
        assert path.read_bytes() == before
    append_frame(path, labelled(3.0))
    assert [frame.get_potential_energy() for frame in read_frames(path)] == [1.0, 2.0, 3.0]
    assert [file.name for file in tmp_path.iterdir()] == ["frames.extxyz"]


def test_other_inputs_do_not_continue_old_rounds(tmp_path):
    store = RoundStore(tmp_path)
    store.claim({"options": LearningOptions().hash(), "label_source": "a"})
    store.claim({"options": LearningOptions().hash(), "label_source": "a"})
    with pytest.raises(InputError, match="another options"):
        store.claim({"options": LearningOptions(seed=1).hash(), "label_source": "a"})


@pytest.mark.parametrize("arguments", [{"levels": (8, 6)}, {"levels": (7,)}, {"levels": ()}, {"select": 6.0}])
def test_impossible_options_are_refused(arguments):
    with pytest.raises(InputError):
        LearningOptions(**arguments)


def test_a_round_tells_of_a_rejected_frame_that_was_read_from_a_file(tmp_path):
    write_frames(tmp_path / "frames.extxyz", [labelled(-3.25)])
    (frame,) = read_frames(tmp_path / "frames.extxyz")
    store = RoundStore(tmp_path)
    store.complete(store.scratch(), {"round": 0, "failures": [{"structure": frame.info["structure"]}]})
    assert store.summaries == [{"round": 0, "failures": [{"structure": 1}]}]
