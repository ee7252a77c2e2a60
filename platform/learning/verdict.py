"""Verdict on a finished learning run: convergence, reasons, errors on validation frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ase import Atoms

from argyro.platform.labels.reference_bias import ALL, force_errors
from argyro.platform.learning.options import LearningOptions

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

# Forces of a converged potential on Li over those of its reference; outside, barriers and D are wrong by about as much.
LI_SLOPES = (0.85, 1.15)


@dataclass(frozen=True)
class Verdict:
    """The convergence of a potential with its errors on fresh frames.

    Args:
        converged: whether the last exploration had no extrapolation, accurate fresh frames, no rejected label,
            and a slope of the forces on Li within `LI_SLOPES`.
        reasons: criteria that were not met; empty if converged.
        level: level of the potential.
        labels: number of requested labels.
        fresh_frames: number of labelled frames of the last exploration outside the training set.
        force_rmse_meV_A: force RMSE on fresh frames; None without such frames.
        force_slope: slope of the potential's forces on those of the reference on fresh frames.
        li_force_rmse_meV_A: force RMSE of Li on fresh frames.
        li_force_slope: slope of the forces on Li on fresh frames.
    """

    converged: bool
    reasons: tuple[str, ...]
    level: int
    labels: int
    fresh_frames: int
    force_rmse_meV_A: float | None = None
    force_slope: float | None = None
    li_force_rmse_meV_A: float | None = None
    li_force_slope: float | None = None

    def to_json(self) -> dict:
        """Return all fields by name."""
        return asdict(self) | {"reasons": list(self.reasons)}

    @classmethod
    def from_json(cls, document: Mapping) -> Verdict:
        """Restore the verdict from `to_json`."""
        return cls(**{**document, "reasons": tuple(document["reasons"])})

    @property
    def warning(self) -> str:
        """Return one sentence for a potential that did not converge; empty otherwise."""
        if self.converged:
            return ""
        errors = ""
        if self.force_rmse_meV_A is not None and self.li_force_rmse_meV_A is not None:
            errors = (
                f" Its force error on new frames is {self.force_rmse_meV_A:.0f} meV/Å, on Li "
                f"{self.li_force_rmse_meV_A:.0f}."
            )
        return f"The potential did not converge: {'; '.join(self.reasons)}.{errors}"

    @property
    def metrics(self) -> dict[str, float]:
        """Return the numbers for MLflow."""
        numbers = {name: value for name, value in self.to_json().items() if isinstance(value, float)}
        return {"converged": float(self.converged)} | {f"fresh_{name}": value for name, value in numbers.items()}


def judge(rounds: Sequence[Mapping], fresh: Sequence[Atoms], mtp: MTP, options: LearningOptions) -> Verdict:
    """Judge a learning run by its last round.

    Args:
        rounds: summaries of all rounds; the last is finished.
        fresh: labelled frames of the last exploration outside the training set.
        mtp: the potential.
        options: options of the learning run.
    """
    last = rounds[-1]
    reasons = _reasons(last)
    if reasons:
        reasons.append(_limit(rounds, options))
    errors: dict[str, float] = {}
    for prefix, element in (("", ALL), ("li_", "Li")):
        frames = [frame for frame in fresh if element == ALL or element in frame.symbols]
        if frames:
            found = force_errors(frames, [mtp.evaluate(frame).forces_eV_A for frame in frames], element)
            errors |= {f"{prefix}force_rmse_meV_A": 1e3 * found.rmse_eV_A, f"{prefix}force_slope": found.slope.value}
    slope = errors.get("li_force_slope")
    if slope is not None and not LI_SLOPES[0] <= slope <= LI_SLOPES[1]:
        reasons.append(f"its forces on Li are {slope:.2f} times those of the reference on new frames")
    return Verdict(not reasons, tuple(reasons), last["level"], last["labels"], len(fresh), **errors)


def _reasons(last: Mapping) -> list[str]:
    """Return the criteria that the last exploration did not meet."""
    reasons = []
    if not last.get("extrapolation_free", False):
        reasons.append(extrapolation_reason(last))
    if not last.get("fresh_frames_hold", False):
        reasons.append("new frames have larger errors than the training set allows")
    if last.get("rejected", 0):
        reasons.append(f"{last['rejected']} labels were rejected")
    return reasons


def with_true_reason(verdict: Verdict, rounds: Sequence[Mapping]) -> Verdict:
    """Restate a reason that earlier versions stored as "0 exploration runs broke ..."."""
    reasons = [extrapolation_reason(rounds[-1]) if one.startswith("0 exploration") else one for one in verdict.reasons]
    return replace(verdict, reasons=tuple(reasons))


def extrapolation_reason(last: Mapping) -> str:
    """Describe the extrapolation of a round: runs that broke, frames above the selection grade."""
    broken, grades = last.get("broken_runs", 0), last.get("grades", {})
    above, words = grades.get("frames_above_select", 0), []
    if broken:
        words.append(f"{broken} exploration {'run' if broken == 1 else 'runs'} broke")
    if above:
        frames = "frame" if above == 1 else "frames"
        words.append(f"{above} exploration {frames} exceeded the selection grade (largest grade {grades['max']:.2g})")
    return " and ".join(words) or "exploration exceeded the selection grade"


def _limit(rounds: Sequence[Mapping], options: LearningOptions) -> str:
    """Return the limit that ended the learning run."""
    if rounds[-1]["labels"] >= options.max_labels:
        return f"the limit of {options.max_labels} labels is reached (potential.max_labels)"
    level = rounds[-1]["level"]
    return f"the limit of {options.rounds_per_level} rounds is reached at level {level} (potential.max_rounds)"
