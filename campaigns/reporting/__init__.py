"""The HTML report and the status table."""
