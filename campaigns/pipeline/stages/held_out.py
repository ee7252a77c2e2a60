"""Score a surrogate on data that it was not trained on, and draw the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argyro.surrogates.data.observation import Observation
    from argyro.surrogates.training.train import SurrogateOptions

PARITY, CALIBRATION = "held_out.svg", "calibration.svg"


def held_out(observations: Sequence[Observation], options: SurrogateOptions, seed: int, workdir: Path) -> list[dict]:
    """Score the candidates on descriptors on each split that exists, and draw PARITY and CALIBRATION.

    Graph networks are left out: trained anew for each fold of three splits they would cost more than a small campaign.
    Their accuracy is in the validation by which the candidate was selected.

    Args:
        observations: of the campaign.
        options: of the surrogate's training.
        seed: of the folds.
        workdir: for the pictures.
    """
    from argyro.surrogates.training.accuracy_plots import plot_calibration, plot_parity
    from argyro.surrogates.training.accuracy_table import evaluate

    kept = tuple(kind for kind in options.candidates if kind != "graph")
    if len(observations) < 2 or all(observation.bounded for observation in observations):
        return []
    results = evaluate(observations, replace(options, candidates=kept), seed)
    plot_parity(results, workdir / PARITY)
    plot_calibration(results, workdir / CALIBRATION)
    return [result.to_json() for result in results]
