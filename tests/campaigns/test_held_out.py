"""Accuracy on what the surrogate had not seen, as a campaign's surrogate stage records it."""

from argyro.campaigns.stages.held_out import CALIBRATION, PARITY, held_out
from argyro.platform.structures.argyrodite import build_bulk
from argyro.surrogates.synthetic import World
from argyro.surrogates.training import SurrogateOptions

OPTIONS = SurrogateOptions(candidates=("mean", "gp", "graph"))


def observations(**options):
    cells = [build_bulk(composition, 0.5) for composition in ("Li6PS5Cl", "Li6PS5Br")]
    return World().observe(cells, (600.0, 900.0), **options)


def test_scores_and_pictures_of_every_split(tmp_path):
    """Networks stay out where they do not ship; a campaign without boundaries leaves none out."""
    splits = held_out(observations(), OPTIONS, 0, tmp_path)
    assert [split["split"] for split in splits] == ["leave-one-composition-out", "random"]
    assert all(set(split["scores"]) == {"mean", "gp"} for split in splits)
    assert {path.name for path in tmp_path.iterdir()} == {PARITY, CALIBRATION}


def test_bounds_alone_are_no_accuracy(tmp_path):
    assert held_out(observations(detectable_cm2_s=1.0), OPTIONS, 0, tmp_path) == []
    assert not list(tmp_path.iterdir())
