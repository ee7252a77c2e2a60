"""Estimate of the time left from the rate of work so far."""

from __future__ import annotations

# The first items are small and their start takes longer than their work, so their rate says nothing.
LEAST_SHARE, LEAST_S = 0.1, 900.0


def time_left_s(computed_core_s: float, left_core_s: float, elapsed_s: float) -> float | None:
    """Estimate the time left; None before a tenth of the work or a quarter of an hour.

    Args:
        computed_core_s: work done in the elapsed time, in the plan's core seconds.
        left_core_s: work left, in the same unit.
        elapsed_s: elapsed time.
    """
    begun = computed_core_s >= LEAST_SHARE * (computed_core_s + left_core_s) or elapsed_s >= LEAST_S
    return left_core_s * elapsed_s / computed_core_s if begun and computed_core_s > 0.0 else None
