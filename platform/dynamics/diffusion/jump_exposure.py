"""Expected count of jumps of a run: the likelihood of a diffusivity that the run does not resolve.

A run of N ions and length T makes about E D jumps. If the run shows no more than n of them, the likelihood of D is the
Poisson probability of n or fewer events,

    P(n or fewer | D) = Q(n + 1, E D), Q the regularised upper incomplete gamma function.        (1)

A caged mean-square displacement is concave. Its late slope bounds the long-time slope from above, and n and E reproduce
the size s and the standard error σ of that slope: (n + 2/3) / E = s and √(n + 1) / E = σ. E is at most one event for
each independent jump of length a, 2 d N T / (g a²), with g ions that move as one. A frozen run gives n = 0, and the
95 % upper bound of D is 3.0 / E.

Source: (1) is the posterior of a Poisson rate; Gehrels, Astrophys. J. 303, 336 (1986), for the limits.
"""

from __future__ import annotations

from dataclasses import dataclass

JUMP_A = 3.0  # typical Li jump


@dataclass(frozen=True)
class JumpExposure:
    """Hold the largest count of jumps that a run is compatible with, and its exposure.

    Args:
        count: jumps n that the run shows at most; not necessarily whole.
        per_cm2_s: expected jumps E for a diffusivity of 1 cm²/s.
    """

    count: float
    per_cm2_s: float

    def probability(self, diffusivity_cm2_s: float) -> float:
        """Return the probability that a run with this diffusivity shows no more jumps; equation (1)."""
        from scipy.special import gammaincc

        return float(gammaincc(self.count + 1, self.per_cm2_s * diffusivity_cm2_s))

    def upper_bound_cm2_s(self) -> float:
        """Return the diffusivity above which a run shows so few jumps with a probability below 5 %."""
        from scipy.special import gammainccinv

        return float(gammainccinv(self.count + 1, 0.05)) / self.per_cm2_s


def exposure(slope_cm2_s: float, sigma_cm2_s: float, most_per_cm2_s: float) -> JumpExposure:
    """Convert a late slope to the count and exposure of equation (1).

    Args:
        slope_cm2_s: diffusivity from the late slope; a negative one counts as zero.
        sigma_cm2_s: its standard error, positive.
        most_per_cm2_s: exposure 2 d N T / (g a²) of independent jumps.
    """
    ratio = max(0.0, slope_cm2_s) / sigma_cm2_s
    count = _count(ratio)
    per_cm2_s = min((count + 1) ** 0.5 / sigma_cm2_s, most_per_cm2_s)
    if per_cm2_s == most_per_cm2_s:
        count = max(0.0, slope_cm2_s * per_cm2_s - 2 / 3)
    return JumpExposure(float(count), float(per_cm2_s))


def _count(ratio: float) -> float:
    """Solve n + 2/3 = r √(n + 1) for n ≥ 0; zero for a slope that noise explains."""
    root = (ratio + (ratio**2 + 4 / 3) ** 0.5) / 2  # √(n + 1): root² - r root - 1/3 = 0
    return max(0.0, root**2 - 1)
