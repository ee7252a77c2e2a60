"""HTML report and status table."""
