"""Search for the folder of a surrogate."""

from __future__ import annotations

from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.surrogates.homogenized.polycrystal import MESH_FILE
from argyro.surrogates.serving.bundled_model import SURROGATE_FILE, shipped_folder

REGISTERED = "models:/"
ACCEPTED = "the folder of a campaign or of a surrogate, or models:/NAME@champion of MLflow"


def surrogate_folder(given: str | None) -> Path:
    """Find the folder of a surrogate.

    Args:
        given: the surrogate's or a campaign's folder, ``models:/NAME@champion`` of MLflow, or None for the bundled
            surrogate.

    Raises:
            InputError: no surrogate is found.
    """
    if given is None:
        return shipped_folder()
    if given.startswith(REGISTERED):
        from argyro.actors.mlflow_registry import download

        return download(given)
    folder = Path(given)
    if (folder / SURROGATE_FILE).is_file():
        return folder
    if (folder / "campaign.json").is_file():
        return _of_campaign(folder)
    raise InputError(f"{given} holds neither a surrogate nor a campaign; give {ACCEPTED}")


def _of_campaign(root: Path) -> Path:
    """Find the campaign's latest model."""
    from argyro.campaigns.pipeline.stages.surrogate import MODEL, SURROGATE
    from argyro.campaigns.runtime.workspace import CampaignFolder

    folder = CampaignFolder(root)
    store = folder.store(folder.campaign())
    keys = [entry["key"] for entry in folder.journal() if entry["stage"] == SURROGATE.name]
    for key in reversed(keys):
        item = store.item_of(SURROGATE.name, key)
        if item is not None:
            return _complete(store.path(item) / MODEL, root)
    raise InputError(f"the campaign in {root} has no surrogate yet; finish it by `argyro run` (argyro status {root})")


def _complete(model: Path, root: Path) -> Path:
    """Refuse a model without a polycrystal, from an earlier version of argyro."""
    if not (model / MESH_FILE).is_file():
        raise InputError(
            f"the surrogate of {root} is from an earlier version of argyro and has no polycrystal; "
            f"train it again: argyro run {root / 'campaign.yaml'} --workdir {root}"
        )
    return model
