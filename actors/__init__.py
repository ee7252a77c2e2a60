"""Thin Ray wrappers round engines, cluster connection, MLflow tracker."""
