"""Populations of grain boundaries: types with their shares of the boundary area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.boundary_mixture import mixed_layer
from argyro.platform.structures.boundaries.csl import parse_boundary
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.models.surrogate import Query

BULK = "bulk"
ACCEPTED = "shares that add up to 1, for instance sigma5(001)[001]=0.3 + sigma3(1-12)[110]=0.7, or names alone"
SHARE_DIGITS = 4


@dataclass(frozen=True)
class Population:
    """Shares of boundary area by type; empty for a single crystal."""

    shares: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, given: str | Mapping[str, float | None] | Iterable[str]) -> Population:
        """Read ``bulk``, a name, ``NAME=SHARE + NAME=SHARE``, a list of such entries, or a mapping.

        Names without any share have equal shares.

        Raises:
            InputError: a name is no coincidence boundary, or the shares do not add up to one.
        """
        entries = list(given.items()) if isinstance(given, Mapping) else list(_entries(given))
        if [name for name, _ in entries] == [BULK]:
            return cls()
        names = [_normalized(name) for name, _ in entries]
        shares = [share for _, share in entries]
        if not names or len(set(names)) < len(names) or BULK in names:
            message = f"boundaries {', '.join(names) or 'without a name'} are no population; name each type once"
            raise InputError(message, path="boundaries", accepted=ACCEPTED)
        if all(share is None for share in shares):
            shares = [1 / len(names)] * len(names)
        return cls(tuple(zip(names, _checked(shares, given), strict=True)))

    @classmethod
    def equal(cls, names: Iterable[str]) -> Population:
        """Give equal shares to the types other than the bulk."""
        kept = sorted(set(names) - {BULK})
        return cls(tuple((name, 1 / len(kept)) for name in kept))

    @property
    def label(self) -> str:
        """Write the population as text that `of` reads."""
        if len(self.shares) <= 1:
            return self.shares[0][0] if self.shares else BULK
        return " + ".join(f"{name}={round(share, SHARE_DIGITS):g}" for name, share in self.shares)

    def to_json(self) -> dict[str, float]:
        """Return the shares by name."""
        return {name: round(share, SHARE_DIGITS) for name, share in self.shares}


@dataclass(frozen=True)
class MixedQuery:
    """Prepared queries of one material with several boundary types, and the population."""

    parts: tuple[Query, ...]
    population: Population

    @property
    def identity(self) -> Identity:
        """Material, with the population in place of a boundary."""
        return replace(self.parts[0].identity, boundary=self.population.label)


def mixed_prediction(predictions: Sequence[Prediction], population: Population) -> Prediction:
    """Replace the boundary diffusivities by those of the mixture; equal sample numbers belong together."""
    shares = [share for _, share in population.shares]
    first = predictions[0]
    warnings = tuple(dict.fromkeys(warning for each in predictions for warning in each.warnings))
    mixed = replace(first, samples=_mixed([each.samples for each in predictions], shares), warnings=warnings)
    free = [each.without_rule for each in predictions]
    if free[0] is not None:
        without = _mixed([each.samples for each in free if each is not None], shares)
        mixed = replace(mixed, free=(without, free[0].activation_energy_samples_eV))
    if first.given_reference is first:
        return mixed
    unbiased = _mixed([each.given_reference.samples for each in predictions], shares)
    return replace(mixed, unbiased=(unbiased, first.given_reference.activation_energy_samples_eV))


def _mixed(samples: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    """Mix samples (n, 3, nT) of the types."""
    together = np.stack(samples)
    mixed = together[0].copy()
    mixed[:, 1], mixed[:, 2] = mixed_layer(together[:, :, 1], together[:, :, 2], shares)
    return mixed


@lru_cache(maxsize=1024)
def _normalized(name: str) -> str:
    return BULK if name == BULK else parse_boundary(name).name


def _entries(given: str | Iterable[str]) -> Iterable[tuple[str, float | None]]:
    parts = given.replace(",", "+").split("+") if isinstance(given, str) else given
    for part in parts:
        name, equals, share = part.partition("=")
        try:
            yield name.strip(), float(share) if equals else None
        except ValueError:
            message = (
                f"share {share.strip()!r} of {name.strip()} is not a number; write a share from 0 to 1, such as 0.3"
            )
            raise InputError(message, path="boundaries", accepted=ACCEPTED) from None


def _checked(shares: Sequence[float | None], given: object) -> list[float]:
    numbers = [share for share in shares if share is not None]
    total = sum(numbers)
    if len(numbers) < len(shares) or not all(0 < share <= 1 for share in numbers) or abs(total - 1) > 1e-3:
        words = f"add up to {total:g}" if len(numbers) == len(shares) else "are given for some types only"
        message = f"the shares of {_text(given)} {words}; give each type a share above 0, in all 1"
        raise InputError(message, path="boundaries", accepted=ACCEPTED)
    return [share / total for share in numbers]


def _text(given: object) -> str:
    if isinstance(given, Mapping):
        return " + ".join(f"{name}={share}" for name, share in given.items())
    return (
        given if isinstance(given, str) else " + ".join(map(str, given)) if isinstance(given, Iterable) else str(given)
    )
