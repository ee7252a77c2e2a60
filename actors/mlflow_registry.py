"""MLflow registry: one model per training, with card and accuracy; the newest is the champion."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.models import Model, ModelSignature

CHAMPION = "champion"
ARTIFACT = "surrogate"
CODE = Path(__file__).parent / "mlflow_model.py"
CARD = "README.md"
DESCRIPTION_TAG = "mlflow.note.content"  # description of a run on MLflow's pages


def register(client: MlflowClient, run_id: str, folder: Path, name: str) -> int:
    """Log a surrogate as a model of a run and make it the champion of its name.

    Args:
        client: client of the MLflow store; global state is not used.
        run_id: run of the training; the model gets its metrics.
        folder: folder of the surrogate from `Oracle.save`.
        name: name of the registered model; created if absent.

    Returns:
        the version of the registered model.
    """
    card = (folder / CARD).read_text()
    client.set_tag(run_id, DESCRIPTION_TAG, card)
    model = _log_model(client, run_id, folder)
    _ensure_registered(client, name)
    # MLflow looks up "models:/ID" in the store of the process, which may differ; the address is unambiguous.
    version = client.create_model_version(
        name, model.artifact_location, run_id=run_id, model_id=model.model_id, description=card
    )
    client.set_registered_model_alias(name, CHAMPION, version.version)
    return int(version.version)


def download(uri: str) -> Path:
    """Download the surrogate's folder of a registered model from the store at MLFLOW_TRACKING_URI.

    Args:
        uri: such as ``models:/quickstart-surrogate@champion``.

    Raises:
        InputError: the model does not exist.
    """
    import mlflow

    from argyro.platform.common.errors import InputError

    if not mlflow.is_tracking_uri_set():  # else MLflow creates an empty store in the current directory
        raise InputError(f"{uri} needs a store; set MLFLOW_TRACKING_URI to the store of the model")
    try:
        model = mlflow.artifacts.download_artifacts(uri)
    except mlflow.exceptions.MlflowException as error:
        raise InputError(
            f"MLflow has no model {uri} ({error}); set MLFLOW_TRACKING_URI to the store of the model"
        ) from error
    flavors = mlflow.models.Model.load(model).flavors
    return Path(model) / flavors["python_function"]["artifacts"][ARTIFACT]["path"]


def _log_model(client: MlflowClient, run_id: str, folder: Path) -> LoggedModel:
    """Log the surrogate as an output of its run."""
    import mlflow
    from mlflow.entities import LoggedModelOutput

    run = client.get_run(run_id)
    model = client.create_logged_model(run.info.experiment_id, "surrogate", run_id, params=run.data.params)
    with tempfile.TemporaryDirectory() as scratch:
        _write(
            Path(scratch) / "model",
            folder,
            mlflow.models.Model(model.artifact_location, run_id, model_id=model.model_id),
        )
        client.log_model_artifacts(model.model_id, f"{scratch}/model")
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    for metric, value in run.data.metrics.items():
        client.log_metric(run_id, metric, value, model_id=model.model_id)
    return model


def _write(target: Path, folder: Path, description: Model) -> None:
    """Write the model's files: the loader code and the surrogate's folder, without pickles."""
    import mlflow

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*input example was not provided")  # the signature is sufficient
        mlflow.pyfunc.save_model(
            target,
            python_model=str(CODE),
            artifacts={ARTIFACT: str(folder)},
            signature=_signature(),
            pip_requirements=["argyro"],
            mlflow_model=description,
        )


def _signature() -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    from argyro.surrogates.serving.csv_tables import ANSWERED, COLUMNS

    questions: list[ColSpec | TensorSpec] = [
        ColSpec("string" if name in ("composition", "boundary") else "double", name) for name in COLUMNS
    ]
    answers: list[ColSpec | TensorSpec] = [ColSpec(kind, name) for name, kind in ANSWERED.items()]
    return ModelSignature(Schema(questions), Schema(answers))


def _ensure_registered(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

    try:
        client.create_registered_model(name, description="Li diffusivity and conductivity of argyrodite polycrystals")
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
