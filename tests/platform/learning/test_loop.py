"""The closed loop against a reference that is itself a potential: complete, resumable, and loud when labels fail."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.existing_labels import read_known
from argyro.platform.learning.extend import extend, extension_options
from argyro.platform.learning.initial_frames import hot_frames
from argyro.platform.learning.learner import Learner
from argyro.platform.learning.loop import learn
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import rmse
from argyro.platform.learning.round_store import RoundStore, read_traces
from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

OPTIONS = LearningOptions(
    levels=(4, 6),
    temperatures_K=(600.0,),
    exploration_ps=0.6,
    first_exploration_ps=0.2,
    training_iterations=60,
    rounds_per_level=3,
    picks_per_round=4,
)
REFERENCE = LabelSource(source="ase", factory=f"{Path(__file__).with_name('mtp_reference.py')}:make")


class Interrupted(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def labeller(tmp_path_factory):
    with Labeller(REFERENCE, tmp_path_factory.mktemp("labels")) as opened:
        yield opened


@pytest.fixture(scope="module")
def structures():
    return [build_bulk("Li6PS5Cl", 0.5, seed=1)]


@pytest.fixture(scope="module")
def finished(labeller, structures, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    return workdir, learn(structures, OPTIONS, labeller, workdir)


def test_result_names_a_potential_of_the_last_level_and_all_labels(finished):
    _, result = finished
    mtp = MTP.read(result.mtp_path)
    frames = read(result.training_set_path, index=":")
    assert mtp.level == 6 and mtp.species == ("Li", "P", "S", "Cl")
    assert ActiveSet.read(result.active_set_path).grade(mtp, frames[0]) < 1.01
    assert len(frames) == trained_on(result)
    rejected = sum(entry["rejected"] for entry in result.rounds)
    assert result.rounds[-1]["labels"] == sum(entry["new_labels"] for entry in result.rounds) + rejected


def trained_on(result):
    """New labels of all rounds but those that keep them to judge the potential by."""
    return sum(entry["new_labels"] for entry in result.rounds if entry["kind"] not in ("raise", "finish"))


def test_a_structure_that_comes_twice_is_learned_once(finished, labeller, structures):
    workdir, result = finished
    assert learn([*structures, structures[0].copy()], OPTIONS, labeller, workdir).rounds == result.rounds


def test_rounds_climb_the_ladder_and_carry_their_metrics(finished):
    _, result = finished
    kinds = [entry["kind"] for entry in result.rounds]
    assert kinds[0] == "seeds" and kinds.count("raise") == 1 and kinds[-1] == "finish"
    assert sorted({entry["level"] for entry in result.rounds}) == [4, 6]
    for entry in result.rounds:
        assert {"labels", "grades", "exploration_ps_until_break", "train_rmse_force_meV_A"} <= entry.keys()
    json.dumps(result.rounds)


def test_grades_in_time_are_kept_for_every_run(finished):
    workdir, result = finished
    for entry in result.rounds[1:]:
        traces = read_traces(workdir / f"round-{entry['round']:03d}")
        assert [trace["ps"] for trace in traces] == entry["exploration_ps_until_break"]
        assert all(len(trace["times_ps"]) == len(trace["grades"]) > 0 for trace in traces)


@pytest.mark.parametrize(("change", "level"), [(1.1, 4), (3.0, 6)])
def test_climb_ends_at_the_level_that_leaves_the_target_as_it_is(labeller, structures, tmp_path, change, level):
    values = iter([Uncertain(1.0, 0.8, 1.2), Uncertain(change, 0.8 * change, 1.2 * change)])
    options = replace(OPTIONS, levels=(2, 4, 6), exploration_ps=0.2, rounds_per_level=1)
    result = learn(structures, options, labeller, tmp_path, target=lambda path: next(values))
    assert [entry["target"]["value"] for entry in result.rounds if "target" in entry] == [1.0, change]
    assert MTP.read(result.mtp_path).level == level


def test_potential_is_as_good_on_fresh_frames_as_on_its_training_set(finished):
    _, result = finished
    last = result.rounds[-1]
    assert last["validation_rmse_force_meV_A"] < 3 * last["train_rmse_force_meV_A"]
    assert last["validation_rmse_energy_meV_atom"] < 20


@pytest.mark.parametrize("rounds_before", [1, 2])
def test_killed_run_resumes_at_the_last_complete_round_and_ends_alike(
    labeller, structures, finished, tmp_path, rounds_before
):
    def interrupt(summary):
        if summary["round"] + 1 == rounds_before:
            raise Interrupted

    with pytest.raises(Interrupted):
        learn(structures, OPTIONS, labeller, tmp_path, progress=interrupt)
    (tmp_path / "round.partial").mkdir()  # what a kill in the midst of the next round leaves
    (tmp_path / "round.partial" / "potential.mtp").write_text("half a fi")
    seen = []
    result = learn(structures, OPTIONS, labeller, tmp_path, progress=lambda summary: seen.append(summary["round"]))
    assert seen[0] == rounds_before
    assert [entry["kind"] for entry in result.rounds] == [entry["kind"] for entry in finished[1].rounds]
    coefficients = [MTP.read(path).coefficients for path in (result.mtp_path, finished[1].mtp_path)]
    np.testing.assert_allclose(*coefficients, rtol=1e-6)


def test_finished_run_is_not_repeated(labeller, structures, finished):
    workdir, result = finished
    again = learn(structures, OPTIONS, labeller, workdir, progress=lambda summary: pytest.fail("made a round"))
    assert again == result


def test_changed_inputs_need_a_new_folder(labeller, structures, finished):
    with pytest.raises(InputError, match="another options"):
        learn(structures, replace(OPTIONS, seed=5), labeller, finished[0])


def test_all_labels_failing_stops_the_run_with_the_log(structures, tmp_path):
    (tmp_path / "broken.py").write_text("def make():\n    raise RuntimeError('the licence server is down')\n")
    source = LabelSource(source="ase", factory=f"{tmp_path}/broken.py:make")
    with Labeller(source) as broken, pytest.raises(ArgyroError, match="licence server"):
        learn(structures, OPTIONS, broken, tmp_path / "run")
    assert not list((tmp_path / "run").glob("round-0*"))


def test_frames_that_broke_a_production_run_are_learned(labeller, structures, finished, tmp_path):
    _, before = finished
    options = extension_options(replace(OPTIONS, exploration_ps=0.2), 500.0)
    assert options.levels == (6,) and options.temperatures_K == (500.0, 600.0)
    mtp, active_set = MTP.read(before.mtp_path), ActiveSet.read(before.active_set_path)
    hotter = hot_frames(structures, replace(options, temperatures_K=(2400.0,)), 24, seed=9)
    unknown = [frame for frame in hotter if active_set.grade(mtp, frame) > options.select]
    assert unknown

    def interrupt(summary):
        if summary["kind"] == "extension":
            raise Interrupted

    with pytest.raises(Interrupted):
        extend(before, unknown, structures, options, labeller, tmp_path, progress=interrupt)
    after = extend(before, unknown, structures, options, labeller, tmp_path)
    assert [entry["kind"] for entry in after.rounds[:2]] == ["adopted", "extension"] and after.rounds[-1]["finished"]
    known, larger = (read(result.training_set_path, index=":") for result in (before, after))
    assert 0 < after.rounds[1]["new_labels"] <= len(larger) - len(known) <= options.max_labels + len(structures)
    refitted = MTP.read(after.mtp_path)
    assert ActiveSet.read(after.active_set_path).grade(refitted, unknown[0]) < options.select


def test_no_structures_are_refused(labeller, tmp_path):
    with pytest.raises(InputError, match="at least one structure"):
        learn([], OPTIONS, labeller, tmp_path)


@pytest.mark.slow
def test_large_cells_are_learned_from_boxes(labeller, tmp_path):
    structure = build_bulk("Li6PS5Cl", 0.5, (2, 2, 2), seed=1)
    options = replace(OPTIONS, levels=(4,), exploration_ps=0.2, whole_cell_atoms=300)
    result = learn([structure], options, labeller, tmp_path)
    frames = read(result.training_set_path, index=":")
    sizes = np.array([len(frame) for frame in frames])
    assert np.sum(sizes < 300) >= 3 and set(sizes[sizes >= 300]) <= {len(structure)}
    whole = labeller.label(hot_frames([structure], options, 1, seed=9))
    assert rmse(MTP.read(result.mtp_path), whole)["force_meV_A"] < 400


def test_known_labels_replace_the_seeds(finished, labeller, structures, tmp_path):
    known = read_known([finished[1].training_set_path], {"Li", "P", "S", "Cl"})
    learned = learn(structures, OPTIONS, labeller, tmp_path, known=known)
    first = learned.rounds[0]
    assert (first["kind"], first["labels"], first["label_seconds"]) == ("known", 0, 0.0)
    kept = read(learned.training_set_path, ":")
    assert len(kept) == len(known) + trained_on(learned)


def test_only_structures_with_new_elements_get_seeds(finished, structures, tmp_path):
    known = read_known([finished[1].training_set_path], {"Li", "P", "S", "Cl"})
    grown = [*structures, build_bulk("Li6PS5Br", 0.25)]
    learner = Learner(grown, OPTIONS, None, RoundStore(tmp_path), print, known=known)
    seeds = learner._seeds()
    assert seeds and all("Br" in frame.symbols for frame in seeds)
    assert {frame.info["structure"] for frame in seeds} == {len(structures)}


def test_known_labels_of_another_reference_are_refused(finished, labeller, structures, tmp_path):
    known = read_known([finished[1].training_set_path], {"Li", "P", "S", "Cl"})
    known[1].info["label_source"] = "another"
    with pytest.raises(InputError, match="known labels are of another"):
        learn(structures, OPTIONS, labeller, tmp_path, known=known)


def test_known_labels_with_elements_of_another_family_are_left_out(finished):
    path = finished[1].training_set_path
    assert read_known([path], {"Li", "P", "S"}) == []
    with pytest.raises(InputError, match=r"known labels 'absent\.extxyz' cannot be read"):
        read_known(["absent.extxyz"], {"Li"})


def test_a_torn_file_of_known_labels_is_named(finished, tmp_path):
    whole = gzip.compress(Path(finished[1].training_set_path).read_bytes())
    torn = tmp_path / "torn.extxyz.gz"
    torn.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="torn"):
        read_known([torn])
