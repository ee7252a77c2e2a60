"""Surrogates in MLflow: each training a model with its card and accuracy, the newest registered as the champion."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.models import Model

CHAMPION = "champion"
ARTIFACT = "surrogate"
CODE = Path(__file__).parent / "mlflow_model.py"
CARD = "README.md"
DESCRIPTION_TAG = "mlflow.note.content"  # what MLflow's pages show as the description of a run


def champion_uri(name: str) -> str:
    """Under which MLflow loads the newest surrogate, ``models:/NAME@champion``."""
    return f"models:/{name}@{CHAMPION}"


def register(client: MlflowClient, run_id: str, folder: Path, name: str) -> int:
    """Log a surrogate as a model of a run and make it the champion of its name.

    Args:
        client: of the MLflow store; no global state is touched.
        run_id: of the training; its metrics become the model's.
        folder: of the surrogate, as `Oracle.save` writes it.
        name: of the registered model, made if absent.

    Returns:
        the version under that name.
    """
    card = (folder / CARD).read_text()
    client.set_tag(run_id, DESCRIPTION_TAG, card)
    model = _log_model(client, run_id, folder)
    _ensure_registered(client, name)
    # By its address, since "models:/ID" would be looked up in the store of the process, which may be another one.
    version = client.create_model_version(
        name, model.artifact_location, run_id=run_id, model_id=model.model_id, description=card
    )
    client.set_registered_model_alias(name, CHAMPION, version.version)
    return int(version.version)


def download(uri: str) -> Path:
    """Fetch the surrogate's folder of a registered model from the store that MLFLOW_TRACKING_URI names.

    Args:
        uri: such as ``models:/quickstart-surrogate@champion``.

    Raises:
        InputError: there is no such model.
    """
    import mlflow

    from argyro.platform.common.errors import InputError

    if not mlflow.is_tracking_uri_set():  # else MLflow makes a store in the current directory to find nothing in
        raise InputError(
            f"{uri} needs MLFLOW_TRACKING_URI, the store that the model is in", path="surrogate", given=uri
        )
    try:
        model = mlflow.artifacts.download_artifacts(uri)
    except mlflow.exceptions.MlflowException as error:
        raise InputError(
            f"MLflow has no model {uri} ({error}); set MLFLOW_TRACKING_URI to the store it is in", given=uri
        ) from error
    flavors = mlflow.models.Model.load(model).flavors
    return Path(model) / flavors["python_function"]["artifacts"][ARTIFACT]["path"]


def _log_model(client: MlflowClient, run_id: str, folder: Path) -> LoggedModel:
    """The surrogate as an output of its run."""
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
    """Write the files by which MLflow loads the surrogate: the code above it and its folder, nothing pickled."""
    import mlflow

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*input example was not provided")  # the signature says it all
        mlflow.pyfunc.save_model(
            target,
            python_model=str(CODE),
            artifacts={ARTIFACT: str(folder)},
            signature=_signature(),
            pip_requirements=["argyro"],
            mlflow_model=description,
        )


def _signature():
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    from argyro.surrogates.serving.csv_tables import ANSWERED, COLUMNS

    questions = [ColSpec("string" if name in ("composition", "boundary") else "double", name) for name in COLUMNS]
    return ModelSignature(Schema(questions), Schema([ColSpec(kind, name) for name, kind in ANSWERED.items()]))


def _ensure_registered(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

    try:
        client.create_registered_model(name, description="Li diffusivity and conductivity of argyrodite polycrystals")
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
