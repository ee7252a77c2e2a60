"""Draw the Arrhenius coefficients of all candidates together, so that the ranking sees their correlations.

Shared parts, such as the bulk of one material with several boundaries or the bias of the reference, then cancel when
candidates are compared.
Drawn alone, each candidate would use the same random numbers, and independent parts would cancel too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, read_structure, structure_name
from argyro.campaigns.pipeline.stages.surrogate import MODEL, SURROGATE
from argyro.campaigns.spec.material import Cell
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult

COEFFICIENTS = "coefficients.npz"


class PosteriorInputs(Contract):
    """Decide the samples: their number and seed."""

    samples: int
    seed: int


class PosteriorResult(StageResult):
    """Name the candidates that were drawn together."""

    candidates: list[str]
    samples: int


def run(context: StageContext[PosteriorInputs, None]) -> PosteriorResult:
    """Draw the candidates whose structures were built."""
    from argyro.surrogates.models.surrogate import Surrogate

    samples = context.inputs.samples
    model = Surrogate.load(context.parent("surrogate", SURROGATE).folder / MODEL)
    queries = [model.prepare(read_structure(parent.folder)) for parent in context.parents("structures", STRUCTURE)]
    drawn = model.draw(queries, samples, context.inputs.seed)
    by_key = {query.identity.key: values for query, values in zip(queries, drawn, strict=True)}
    np.savez_compressed(context.workdir / COEFFICIENTS, **by_key)  # type: ignore[arg-type]  # names of arrays
    return PosteriorResult(candidates=sorted(by_key), samples=samples)


POSTERIOR = Stage("posterior", 4, run, PosteriorInputs, PosteriorResult)


def add_posterior(draft: Draft, surrogate: str, candidates: Sequence[Cell]) -> str:
    """Add the samples of all candidates together; candidates without a structure are left out."""
    inputs = PosteriorInputs(samples=draft.campaign.homogenization.samples, seed=draft.campaign.seed)
    parents = {"surrogate": [surrogate], "structures": [structure_name(cell, 0) for cell in sorted(candidates)]}
    return draft.add(POSTERIOR, "", inputs, parents=parents, tolerant=True, needs_any=["surrogate"])
