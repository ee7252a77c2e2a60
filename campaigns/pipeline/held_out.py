"""How well a surrogate predicts what it had not seen: scores and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

PARITY, CALIBRATION = "held_out.svg", "calibration.svg"


def held_out(observations: Sequence, options, seed: int, workdir: Path) -> list[dict]:
    """Scores of the candidates on descriptors on each split that exists; pictures PARITY and CALIBRATION in workdir.

    Graph networks are left to the validation by which they were chosen: trained anew for each fold of three splits they
    would cost more than all else in a small campaign.

    Args:
        observations: of the campaign.
        options: of the surrogate's training.
        seed: of the folds.
        workdir: for the pictures.
    """
    from argyro.surrogates.training.accuracy_plots import plot_calibration, plot_parity
    from argyro.surrogates.training.accuracy_table import evaluate

    kept = tuple(kind for kind in options.candidates if kind != "graph")
    if len(observations) < 2 or all(observation.censored for observation in observations):
        return []
    results = evaluate(observations, replace(options, candidates=kept), seed)
    plot_parity(results, workdir / PARITY)
    plot_calibration(results, workdir / CALIBRATION)
    return [result.to_json() for result in results]
