"""Campaigns: specification, plan, run, status, report, command line."""
