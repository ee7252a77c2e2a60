"""The surrogate as MLflow loads it: MLflow stores this file and the surrogate's folder, and pickles nothing."""

from __future__ import annotations

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from argyro.actors.mlflow_registry import ARTIFACT
from argyro.surrogates.serving.csv_batch import answer_frame
from argyro.surrogates.serving.predictor import Oracle


class SurrogateModel(PythonModel):
    """Answers tables of questions; a row that cannot be answered says why in its column ``error``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the surrogate's folder."""
        self.oracle = Oracle.load(context.artifacts[ARTIFACT])

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: dict | None = None):
        """Answer each row."""
        return answer_frame(self.oracle, model_input)


set_model(SurrogateModel())
