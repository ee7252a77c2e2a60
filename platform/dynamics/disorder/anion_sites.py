"""Amounts of the anions of an argyrodite on 4a, 4c and 16e, with their limits and their ideal mixing entropy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from scipy.optimize import brentq
from scipy.special import expit, logit, xlogy

from argyro.platform.common.ions import CHALCOGENS, HALIDES
from argyro.platform.structures.crystal.composition import Composition

SELENIUM = "Se"
CORNERS = 4  # 16e sites per formula unit
EDGE, STEEPEST = 1e-6, 60.0  # least distance of a share from its limits, and largest shift of its logit


@dataclass(frozen=True)
class AnionSites:
    """The free-anion sublattices of a composition, one 4a and one 4c site per formula unit.

    The state is a vector: the amount of each halide on 4c and, in a mixture of S and Se, the amount of Se on free
    sites, all per formula unit. Se and S share the free sites that halides leave in equal proportion on 4a and 4c.

    Args:
        composition: amounts per formula unit.
    """

    composition: Composition

    @cached_property
    def halides(self) -> tuple[str, ...]:
        """Halides of the composition."""
        return tuple(element for element in HALIDES if self.composition[element] > 0)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Species whose sites vary."""
        mixed = all(self.composition[element] > 0 for element in CHALCOGENS)
        return (*self.halides, SELENIUM) if mixed and self.free_chalcogens > 0 else self.halides

    @property
    def free_chalcogens(self) -> float:
        """Amount of S and Se on 4a and 4c."""
        return 2.0 - self.composition.halides

    @cached_property
    def upper(self) -> np.ndarray:
        """Largest amount of each variable."""
        most = {SELENIUM: min(self.composition[SELENIUM], self.free_chalcogens)}
        return np.array([most.get(name, min(self.composition[name], 1.0)) for name in self.variables])

    @cached_property
    def lower(self) -> np.ndarray:
        """Smallest amount of each variable."""
        least = {SELENIUM: max(0.0, self.composition[SELENIUM] - CORNERS)}
        return np.array([least.get(name, max(0.0, self.composition[name] - 1.0)) for name in self.variables])

    @property
    def ordered_4c(self) -> float:
        """Halides on 4c of the ordered crystal, whose halides fill 4a first."""
        return max(0.0, self.composition.halides - 1.0)

    @property
    def largest_swap(self) -> float:
        """Halides that can leave 4a for 4c."""
        return min(self.composition.halides, self.free_chalcogens, 1.0)

    def on_4c(self, states: np.ndarray) -> np.ndarray:
        """Return the amount of all halides on 4c of states (..., variables)."""
        return np.asarray(states)[..., : len(self.halides)].sum(axis=-1)

    def disorder(self, states: np.ndarray) -> np.ndarray:
        """Return the fraction of the largest swap, the argument `disorder` of the builders; zero where none exists."""
        return (self.on_4c(states) - self.ordered_4c) / (self.largest_swap or 1.0)

    def possible(self, states: np.ndarray) -> np.ndarray:
        """Check whether states (..., variables) fit the sites."""
        states = np.asarray(states)
        inside = np.all((states >= self.lower - 1e-9) & (states <= self.upper + 1e-9), axis=-1)
        return inside & (np.abs(self.disorder(states) - 0.5) <= 0.5 + 1e-9)

    def state(self, disorder: float, displaced: Mapping[str, float] | None = None) -> np.ndarray:
        """Return the state of a disorder whose halides are equally displaced, or have the given shares off 4a.

        Args:
            disorder: fraction of the largest swap.
            displaced: share of a species off 4a, of Se off 16e; by default that of a random arrangement.
        """
        total = self.ordered_4c + disorder * self.largest_swap
        share = total / (self.composition.halides or 1.0)
        random_selenium = self.free_chalcogens / (CORNERS + self.free_chalcogens)
        shares = dict.fromkeys(self.halides, share) | {SELENIUM: random_selenium} | dict(displaced or {})
        return np.array([shares[name] * self.composition[name] for name in self.variables])

    def moved(self, displaced: Mapping[str, float], disorder: float) -> dict[str, float]:
        """Shift the shares of the halides off 4a to another disorder, by one common amount of logit(share).

        Se keeps its share. The share counts from the smallest to the largest that fits the sites.

        Args:
            displaced: share of each species off 4a, of Se off 16e; those of a random arrangement if absent.
            disorder: fraction of the largest swap that the halides reach.
        """
        state, count = self.state(min(max(disorder, EDGE), 1.0 - EDGE), displaced), len(self.halides)
        low, high = self.lower[:count], self.upper[:count]
        target = self.ordered_4c + min(max(disorder, EDGE), 1.0 - EDGE) * self.largest_swap
        logits = logit(np.clip((state[:count] - low) / (high - low), EDGE, 1.0 - EDGE))
        shift = brentq(lambda by: float((low + (high - low) * expit(logits + by)).sum()) - target, -STEEPEST, STEEPEST)
        return self.displaced(np.concatenate([low + (high - low) * expit(logits + shift), state[count:]]))

    def displaced(self, state: np.ndarray) -> dict[str, float]:
        """Return the share of each halide off 4a and of Se off 16e."""
        return {
            name: float(amount / self.composition[name]) for name, amount in zip(self.variables, state, strict=True)
        }

    def entropy(self, states: np.ndarray) -> np.ndarray:
        """Return the ideal mixing entropy of states (..., variables) in k_B per formula unit, S = -Σ_sites Σ_i x ln x.

        For one halide per formula unit it is -2 [d ln d + (1 - d) ln(1 - d)].
        """
        return -sum(count * xlogy(share, share) for count, share in self._shares(np.asarray(states, dtype=float)))

    def shares(self, state: np.ndarray) -> dict[str, dict[str, float]]:
        """Return the share of 4a, 4c and 16e that each species holds: ``{"4a": {"Cl": 0.4, "S": 0.6}, ...}``."""
        selenium, corner = self._selenium(np.asarray(state, dtype=float))
        free_4a = 1.0 - self.composition.halides + float(self.on_4c(state))
        table: dict[str, dict[str, float]] = {"4a": {}, "4c": {}, "16e": {}}
        for number, name in enumerate(self.halides):
            table["4a"][name] = self.composition[name] - float(state[number])
            table["4c"][name] = float(state[number])
        for site, amount in (("4a", free_4a), ("4c", self.free_chalcogens - free_4a), ("16e", 1.0)):
            share = float(corner if site == "16e" else selenium)
            table[site] |= {"S": amount * (1.0 - share), SELENIUM: amount * share}
        return {site: {name: max(x, 0.0) for name, x in found.items() if x > 1e-9} for site, found in table.items()}

    def _selenium(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of Se among the free chalcogens and among the corners."""
        if SELENIUM in self.variables:
            free = states[..., -1]
        else:
            free = np.full(states.shape[:-1], self.free_chalcogens if self.composition[SELENIUM] > CORNERS else 0.0)
        return free / (self.free_chalcogens or 1.0), (self.composition[SELENIUM] - free) / CORNERS

    def _shares(self, states: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """List (sites per formula unit, share of a species on them), for 4a, 4c and 16e."""
        selenium, corner = self._selenium(states)
        free_4a = 1.0 - self.composition.halides + self.on_4c(states)
        found = [(CORNERS, corner), (CORNERS, 1.0 - corner)]
        for number, name in enumerate(self.halides):
            found += [(1, self.composition[name] - states[..., number]), (1, states[..., number])]
        for amount in (free_4a, self.free_chalcogens - free_4a):
            found += [(1, amount * selenium), (1, amount * (1.0 - selenium))]
        return [(count, np.clip(share, 0.0, 1.0)) for count, share in found]


def state_of(sites: AnionSites, atoms: Atoms) -> np.ndarray:
    """Return the state of a built cell from its array ``site``."""
    symbols, site = np.array(atoms.get_chemical_symbols()), atoms.arrays["site"]
    units = int(np.sum(site == "4c"))
    places = dict.fromkeys(sites.halides, "4c")
    counts = [
        np.sum((symbols == name) & ((site == places[name]) if name in places else np.isin(site, ("4a", "4c"))))
        for name in sites.variables
    ]
    return np.array(counts) / units
