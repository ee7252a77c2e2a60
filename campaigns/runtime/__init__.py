"""Runtime of a graph: scheduler, ready queue, workspace, MLflow records."""
