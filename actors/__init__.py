"""Executors on Ray and inline, Ray cluster connection, MLflow tracking and serving."""
