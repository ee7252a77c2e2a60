"""Correct predicted disorders by refined ones, and make the materials that a campaign simulates.

Everything is a function of stored results and of data of the package, so that a later run finds the same materials.
"""

from __future__ import annotations

from collections.abc import Mapping

from argyro.campaigns.pipeline.draft import label_identity
from argyro.campaigns.pipeline.stages.disorder import DisorderResult, estimated
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Uncertain

Predictions = Mapping[str, DisorderResult | None]  # composition -> result, None for a prediction that failed for good


def used_materials(campaign: Campaign, predictions: Predictions) -> dict[str, Material]:
    """Return the materials with the disorder that is simulated: corrected ones if the campaign calibrates.

    Args:
        campaign: as read.
        predictions: composition -> result; an estimate replaces None.
    """
    if campaign.disorder.calibrate:
        best = best_disorders(campaign, predictions)
        return {name: _corrected(name, best[name], predictions[name]) for name in predictions}
    return {name: (found or estimated(name)).material(name) for name, found in predictions.items()}


def best_disorders(campaign: Campaign, predictions: Predictions) -> dict[str, Uncertain]:
    """Estimate the disorder of each composition at the campaign's temperature of freezing.

    The interval contains the bias of the reference, `given_reference` does not. The prediction is judged together with
    those of the same reference that ship with the package, not with the others of the campaign: a composition that
    joins a campaign moves no other.

    Args:
        campaign: as read.
        predictions: composition -> result.
    """
    from argyro.surrogates.data.disorder_estimate import PUBLISHED_K, at_temperature, best_disorder

    frozen_K = campaign.disorder.temperature_K
    own = {
        name: at_temperature(found.disorder, frozen_K, PUBLISHED_K)
        for name, found in predictions.items()
        if found is not None and found.is_computed
    }
    shipped = _shipped(campaign)
    known = {name: shipped | ({name: own[name]} if name in own else {}) for name in predictions}
    return {name: at_temperature(best_disorder(name, known[name]), PUBLISHED_K, frozen_K) for name in predictions}


def all_predictions(campaign: Campaign, found: Mapping[str, DisorderResult]) -> Predictions:
    """Complete the results found by None for each composition that has none."""
    return {material.composition: found.get(material.composition) for material in campaign.predicted}


def disorder_metrics(campaign: Campaign, found: Mapping[str, DisorderResult]) -> dict[str, float]:
    """Name the numbers of corrected disorders for MLflow: ``disorder_Li6PS5Br_value``, ``..._low``, ``..._high``."""
    best = best_disorders(campaign, all_predictions(campaign, found))
    columns = ((name, best[name].columns()) for name in found)
    return {f"disorder_{name}_{column}": value for name, numbers in columns for column, value in numbers.items()}


def _shipped(campaign: Campaign) -> dict[str, Uncertain]:
    """Return the shipped predictions if the reference of the campaign is theirs."""
    from argyro.surrogates.serving.bundled_model import shipped_disorders

    return {} if "model" in campaign.labels.kwargs else shipped_disorders(label_identity(campaign).label)


def _corrected(composition: str, best: Uncertain, found: DisorderResult | None) -> Material:
    """Return a material with its corrected disorder; the halides of a mixture move together."""
    from argyro.platform.dynamics.disorder.anion_sites import AnionSites
    from argyro.platform.structures.crystal.composition import Composition

    sites = AnionSites(Composition.parse(composition))
    shares = {name: share.value for name, share in found.displaced.items()} if found else {}
    displaced = sites.moved(shares, best.value) if len(sites.variables) > 1 else None
    return Material(composition=composition).with_disorder(best.value, displaced)
