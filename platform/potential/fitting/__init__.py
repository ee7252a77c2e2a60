"""Fitting of moment tensor potentials to labelled frames."""
