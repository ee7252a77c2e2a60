"""Draws the Arrhenius coefficients of all candidates together, so that the ranking sees how they are correlated.

What candidates have in common, such as the bulk of one material with several boundaries, then cancels when they are
compared, and what is independent does not: each alone would be drawn with the same random numbers.
"""

from __future__ import annotations

import numpy as np

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.campaigns.pipeline.surrogate import MODEL
from argyro.platform.execution.task import StageContext

SAMPLES = "coefficients.npz"


def run(context: StageContext) -> dict:
    """Inputs: samples, seed. Parents: surrogate, and the structures of the candidates that came about."""
    from argyro.surrogates.models.surrogate import Surrogate

    model = Surrogate.load(context.parents["surrogate"] / MODEL)
    names = sorted(role for role in context.parents if role != "surrogate")
    queries = [model.prepare(read_structure(context.parents[name])) for name in names]
    drawn = model.draw(queries, context.inputs["samples"], context.inputs["seed"])
    by_key = {query.identity.key: samples for query, samples in zip(queries, drawn, strict=True)}
    np.savez_compressed(context.workdir / SAMPLES, **by_key)
    return {"candidates": sorted(by_key), "samples": context.inputs["samples"]}


POSTERIOR = StageDefinition("posterior", 2, run)
