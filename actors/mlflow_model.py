"""MLflow model of the surrogate: MLflow stores this file and the surrogate's folder, without pickles."""

from __future__ import annotations

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from argyro.actors.mlflow_registry import ARTIFACT
from argyro.surrogates.serving.csv_batch import answer_frame
from argyro.surrogates.serving.predictor import Oracle


class SurrogateModel(PythonModel):
    """MLflow model that answers tables of questions; an invalid row has a message in column ``error``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the surrogate from its folder."""
        self.oracle = Oracle.load(context.artifacts[ARTIFACT])

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict | None = None
    ) -> pd.DataFrame:
        """Answer each row."""
        return answer_frame(self.oracle, model_input)


set_model(SurrogateModel())
