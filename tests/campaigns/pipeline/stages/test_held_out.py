"""Accuracy on what the surrogate had not seen, as a campaign's surrogate stage records it."""

import numpy as np
from matplotlib.figure import Figure
from synthetic_laws import World

from argyro.campaigns.pipeline.stages.held_out import CALIBRATION, PARITY, held_out
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.models.metrics import HeldOut, score
from argyro.surrogates.training.accuracy_plots import plot_parity
from argyro.surrogates.training.accuracy_table import SplitResult
from argyro.surrogates.training.train import SurrogateOptions

OPTIONS = SurrogateOptions(candidates=("mean", "gp", "graph"))


def observations(**options):
    cells = [build_bulk(composition, 0.5) for composition in ("Li6PS5Cl", "Li6PS5Br")]
    return World().observe(cells, (600.0, 900.0), **options)


def test_scores_and_pictures_of_every_split(tmp_path):
    """Networks stay out where they do not ship; a campaign without boundaries leaves none out."""
    splits = held_out(observations(), OPTIONS, 0, tmp_path)
    assert [split["split"] for split in splits] == [
        "leave-one-composition-out",
        "leave-one-temperature-out",
        "random",
    ]
    assert all(set(split["scores"]) == {"mean", "gp", "selected"} for split in splits)
    assert {path.name for path in tmp_path.iterdir()} == {PARITY, CALIBRATION}


def test_bounds_alone_are_no_accuracy(tmp_path):
    assert held_out(observations(detectable_cm2_s=1.0), OPTIONS, 0, tmp_path) == []
    assert not list(tmp_path.iterdir())


def split(targets):
    """A value predicted of each target."""
    n = len(targets)
    zero, one = np.zeros(n), np.ones(n)
    made = HeldOut(zero, one / 10, zero, one / 3, np.full(n, np.nan), np.ones(n, bool), one)
    return SplitResult("made up", {"gp": made}, {"gp": score(made)}, 0.1, n, np.array(targets))


def test_a_target_has_one_colour_in_all_panels(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    plot_parity([split(TARGETS), split(TARGETS[1:])], tmp_path / PARITY)
    colours = [{bars.get_label(): bars[0].get_color() for bars in axes.containers} for axes in figures[0].axes]
    assert len(set(colours[0].values())) == len(TARGETS)
    assert colours[1] == {target: colours[0][target] for target in TARGETS[1:]}
