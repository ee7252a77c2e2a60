"""A run that its potential's extrapolation ends: the potential is extended and the run repeated, or counts as it is."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.io import read, write

from argyro.campaigns.pipeline.stages import md
from argyro.campaigns.pipeline.stages.extend import FRAMES
from argyro.campaigns.pipeline.stages.learn import ACTIVE_SET, POTENTIAL, TRAINING_SET, LearnInputs
from argyro.campaigns.pipeline.stages.structure import FILE
from argyro.campaigns.spec.material import BULK, Cell, Material
from argyro.campaigns.spec.schema import Labels
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.dynamics.md import simulation
from argyro.platform.dynamics.md.run_monitor import PotentialFailedError, RunStoppedError
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.execution.stage import StageContext
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.initial_frames import rattled
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import fit, untrained
from argyro.platform.learning.round_store import write_frames
from argyro.platform.structures.crystal.bulk import build_bulk

REFERENCE = Path(__file__).parents[3] / "platform" / "learning" / "mtp_reference.py"
LABELS = {"source": "ase", "factory": f"{REFERENCE}:make"}
OPTIONS = LearningOptions(levels=(6,), temperatures_K=(300.0, 600.0), exploration_ps=0.4, training_iterations=60)
LEARNED = LearnInputs(labels={"name": "ase", "version": "", "settings": "", "weights": ""}, options=OPTIONS, ensemble=1)
CONDITIONS = RunConditions(Cell(Material(composition="Li6PS5Cl", disorder=0.5), BULK), 600.0, 0, 1.0)
INPUTS = md.MDInputs(
    conditions=CONDITIONS,
    equilibrate_ps=0.2,
    timestep_fs=2.0,
    frame_every_fs=20.0,
    extensions=3,
    member=0,
    seed=1,
)


@pytest.fixture(scope="module")
def parents(tmp_path_factory):
    """A cell, and a potential that knows it only near rest."""
    folder = tmp_path_factory.mktemp("parents")
    structure, potential = folder / "structure", folder / "potential"
    structure.mkdir()
    potential.mkdir()
    atoms = build_bulk("Li6PS5Cl", 0.5, seed=1)
    write(structure / FILE, atoms)
    rng, options = np.random.default_rng(0), LearningOptions(levels=(6,), training_iterations=60)
    with Labeller(LabelSource(**LABELS)) as labeller:
        frames = labeller.label([rattled(atoms, 0.01, rng) for _ in range(6)])
    made = fit(frames, untrained([atoms], options), options)
    made.mtp.write(potential / POTENTIAL)
    made.active_set.write(potential / ACTIVE_SET)
    write_frames(potential / TRAINING_SET, frames)
    (potential / "item.json").write_text(json.dumps({"inputs": LEARNED.model_dump(mode="json")}))
    return {"structure": [structure], "potential": [potential]}


@pytest.fixture
def context(parents, tmp_path):
    return StageContext(INPUTS, parents, tmp_path, md.LammpsSettings(labels=Labels(**LABELS)))


@pytest.mark.slow
def test_a_run_that_breaks_is_repeated_with_an_extended_potential(context, parents):
    result = md.run(context)
    assert Trajectory.read(context.workdir / md.TRAJECTORY).duration_ps == pytest.approx(1.0)
    assert 1 <= result.extensions <= 3 and result.tracked().metrics["extension_labels"] > 0
    assert result.notes[0].code == "potential-extended"
    assert [entry["kind"] for entry in result.rounds[:2]] == ["adopted", "extension"]
    before, after = (read(folder / TRAINING_SET, index=":") for folder in (*parents["potential"], context.workdir))
    assert len(after) > len(before)
    assert all((context.workdir / name).exists() for name in result.tracked().artifacts)


@pytest.mark.slow
def test_a_killed_extension_goes_on_with_the_frames_it_had(context, monkeypatch):
    asked = []

    class Killed(Labeller):
        def label(self, frames, progress=None):
            asked.append(len(frames))
            raise KeyboardInterrupt

    monkeypatch.setattr("argyro.platform.labels.client.Labeller", Killed)
    with pytest.raises(KeyboardInterrupt):
        md.run(context)
    monkeypatch.undo()
    (frames,) = context.unfinished.glob(f"extension-*/{FRAMES}")
    kept = frames.read_bytes()
    shutil.rmtree(context.unfinished / "run-0")  # not needed any more
    assert md.run(context).extensions >= 1
    assert asked and frames.read_bytes() == kept and not (context.unfinished / "run-0").exists()


@pytest.mark.slow
def test_a_run_that_fails_at_low_grades_has_its_cell_explored(context, monkeypatch):
    run_md, attempts = simulation.run_md, []

    def failing_once(*arguments, **options):
        attempts.append(arguments[3].name)
        if len(attempts) == 1:
            raise PotentialFailedError("a PS4 tetrahedron has lost a chalcogen")
        return run_md(*arguments, **options)

    monkeypatch.setattr(simulation, "run_md", failing_once)
    result = md.run(context)
    assert attempts[:2] == ["run-0", "run-1"] and result.extensions >= 1
    assert result.rounds[1]["kind"] == "extension" and result.tracked().metrics["extension_labels"] > 0


def test_a_mistake_of_the_set_up_is_no_reason_to_extend(context, monkeypatch):
    monkeypatch.setattr(md, "_run", lambda *arguments: (_ for _ in ()).throw(RunStoppedError("mpiexec: not found")))
    with pytest.raises(RunStoppedError, match="mpiexec"):
        md.run(context)
    assert not list(context.unfinished.glob("extension-*"))


def test_without_extensions_a_break_fails_the_run(context):
    with pytest.raises(RunStoppedError, match=r"extrapolates|lost a chalcogen"):
        md.run(replace(context, inputs=INPUTS.model_copy(update={"extensions": 0})))


def stopped_after(tmp_path, done_ps):
    """The trajectory of a run that ended early."""
    frames = round(done_ps / 0.1) + 1
    positions, times = np.zeros((frames, 2, 3)), 0.1 * np.arange(frames)
    trajectory = Trajectory(positions, np.zeros((frames, 3)), times, 10 * np.eye(3), {"Li": 2, "S": 1})
    trajectory.write(tmp_path / md.TRAJECTORY)
    return tmp_path / md.TRAJECTORY


def test_a_fair_share_is_kept_and_said(tmp_path):
    cut_short, note = md._cut_short(100.0, stopped_after(tmp_path, 39.0), RunStoppedError("ARGYRO BREAK"))
    assert cut_short.production_ps == pytest.approx(39.0)
    assert note.code == "run-cut-short" and note.detail == "39 of 100 ps"


@pytest.mark.parametrize("done_ps", [5.0, 20.0])
def test_less_is_a_failure(tmp_path, done_ps):
    with pytest.raises(RunStoppedError, match="BREAK"):
        md._cut_short(100.0, stopped_after(tmp_path, done_ps), RunStoppedError("ARGYRO BREAK"))
