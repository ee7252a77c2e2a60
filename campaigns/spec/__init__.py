"""The campaign file: schema, loading, path rules."""
