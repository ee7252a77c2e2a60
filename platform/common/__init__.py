"""Errors, units, uncertain numbers and conductivity: what every engine shares."""
