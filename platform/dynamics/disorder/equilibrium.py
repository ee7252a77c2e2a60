"""Equilibrium of the anion sites: energies fitted to runs of a few states, plus ideal mixing entropy, minimised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from scipy.special import expit, gammaln

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.dynamics.disorder.anion_sites import CORNERS, SELENIUM, AnionSites

GRID, STEEPEST = 8001, 16.0  # points over logit(d)
DRAWS = 200
STARTS = (0.05, 0.5, 0.95)
EDGE = 1e-6  # distance from the limits, where the slope of the entropy is infinite
# A run in a hole of its potential: below the others by more than this and by OUTLIER deviations of the others.
HOLE_EV, OUTLIER = 0.3, 6.0


@dataclass(frozen=True)
class EnthalpyPoint:
    """Mean enthalpy and free energy of one cell, both per formula unit.

    Args:
        state: see `AnionSites`.
        enthalpy_eV: at the temperature of the run.
        member: potential of the ensemble that was used.
        free_energy_eV: of this arrangement of the anions above a common one, with the entropy of vibrations and Li;
            None if it is unknown.
    """

    state: np.ndarray
    enthalpy_eV: float
    member: int = 0
    free_energy_eV: float | None = None


@dataclass(frozen=True)
class EnthalpyModel:
    """Enthalpy H = c_0 + Σ_i c_i y_i + w Y² per formula unit of one potential, Y the sum of all halides on 4c.

    The last term is the mean-field pair interaction of the halides with the chalcogens that they replace.

    Args:
        sites: the sublattices.
        coefficients: (terms,) in eV.
        covariance: (terms, terms) of the coefficients.
        residual_eV: standard deviation of a cell from the model.
    """

    sites: AnionSites
    coefficients: np.ndarray
    covariance: np.ndarray
    residual_eV: float = 0.0

    @classmethod
    def fit(cls, sites: AnionSites, points: Sequence[EnthalpyPoint]) -> EnthalpyModel:
        """Fit by least squares; the scatter of the cells gives the covariance.

        Raises:
            ArgyroError: there are no more cells than terms.
        """
        return cls._of(sites, points, np.array([point.enthalpy_eV for point in points]))

    @classmethod
    def at(
        cls, sites: AnionSites, points: Sequence[EnthalpyPoint], temperature_K: float, run_temperature_K: float
    ) -> EnthalpyModel:
        """Fit the free energies of the arrangements at a temperature, G(T) = H - T (H - G) / T_run.

        Enthalpy and entropy of an arrangement are taken as constant between the two temperatures.

        Args:
            sites: the sublattices.
            points: cells; those without a free energy count for the enthalpy alone.
            temperature_K: of the equilibrium.
            run_temperature_K: of the runs.

        Raises:
            ArgyroError: there are no more cells than terms.
        """
        enthalpy = cls.fit(sites, points)
        known = [point for point in points if point.free_energy_eV is not None]
        free = cls._of(sites, known, np.array([point.free_energy_eV for point in known], dtype=float))
        share = temperature_K / run_temperature_K
        return cls(
            sites,
            (1 - share) * enthalpy.coefficients + share * free.coefficients,
            (1 - share) ** 2 * enthalpy.covariance + share**2 * free.covariance,
            float(np.hypot((1 - share) * enthalpy.residual_eV, share * free.residual_eV)),
        )

    @classmethod
    def _of(cls, sites: AnionSites, points: Sequence[EnthalpyPoint], values: np.ndarray) -> EnthalpyModel:
        states = np.array([point.state for point in points]).reshape(-1, len(sites.variables))
        terms = model_terms(sites, states)
        free = len(values) - terms.shape[1]
        if free < 1 or np.linalg.matrix_rank(terms) < terms.shape[1]:
            raise ArgyroError(
                f"{len(values)} cells are too few for {terms.shape[1]} terms of the enthalpy; "
                "raise disorder.realisations"
            )
        inverse = np.linalg.inv(terms.T @ terms)
        coefficients = inverse @ terms.T @ values
        variance = float(((values - terms @ coefficients) ** 2).sum()) / free
        return cls(sites, coefficients, variance * inverse, float(np.sqrt(variance)))

    def enthalpy_eV(self, states: np.ndarray) -> np.ndarray:
        """Return the enthalpy of states (..., variables) per formula unit."""
        return model_terms(self.sites, states) @ self.coefficients

    def free_energy_eV(self, states: np.ndarray, temperature_K: float) -> np.ndarray:
        """Return F = H - T S per formula unit; infinite for states that do not fit the sites."""
        energy = self.enthalpy_eV(states) - BOLTZMANN_EV_K * temperature_K * self.sites.entropy(states)
        return np.where(self.sites.possible(states), energy, np.inf)

    def drawn(self, rng: np.random.Generator) -> EnthalpyModel:
        """Draw a model from the distribution of the coefficients."""
        return self._with(rng.multivariate_normal(self.coefficients, self.covariance, method="svd"))

    def shifted(self, rng: np.random.Generator, error_eV: float) -> EnthalpyModel:
        """Draw an error of the energy of each species on its other site, in eV per formula unit."""
        shifts = error_eV * rng.normal(size=len(self.sites.variables))
        return self._with(self.coefficients + np.concatenate([[0.0], shifts, [0.0]]))

    def _with(self, coefficients: np.ndarray) -> EnthalpyModel:
        return EnthalpyModel(self.sites, coefficients, self.covariance, self.residual_eV)


def model_terms(sites: AnionSites, states: np.ndarray) -> np.ndarray:
    """Return the terms of the model (..., terms) for states (..., variables)."""
    states = np.asarray(states, dtype=float)
    ones, on_4c = np.ones((*states.shape[:-1], 1)), sites.on_4c(states)[..., None]
    return np.concatenate([ones, states, on_4c**2], axis=-1)


def minimum(model: EnthalpyModel, temperature_K: float, starts: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the state of lowest free energy.

    Args:
        model: enthalpy.
        temperature_K: of the exchange.
        starts: states from which a mixture is searched; by default several disorders.
    """
    sites = model.sites
    if len(sites.variables) == 1:
        shares = expit(np.linspace(-STEEPEST, STEEPEST, GRID))[:, None]  # close to the limits, too
        line = sites.lower + shares * (sites.upper - sites.lower)
        return line[int(model.free_energy_eV(line, temperature_K).argmin())]
    found = [_descend(model, start, temperature_K) for start in starts or [sites.state(d) for d in STARTS]]
    return min(found, key=lambda state: float(model.free_energy_eV(state, temperature_K)))


def _descend(model: EnthalpyModel, start: np.ndarray, temperature_K: float) -> np.ndarray:
    """Minimise within the limits of each species and of the sum of the halides."""
    from scipy.optimize import LinearConstraint, minimize

    sites = model.sites
    row = np.array([float(name in sites.halides) for name in sites.variables])
    sums = LinearConstraint(row, sites.ordered_4c + EDGE, sites.ordered_4c + sites.largest_swap - EDGE)
    bounds = list(zip(sites.lower + EDGE, sites.upper - EDGE, strict=True))
    kT = BOLTZMANN_EV_K * temperature_K

    def energy_kT(state: np.ndarray) -> float:
        return float(model.enthalpy_eV(state)) / kT - float(sites.entropy(state))

    inside = np.clip(start, sites.lower + EDGE, sites.upper - EDGE)
    done = minimize(energy_kT, inside, method="SLSQP", bounds=bounds, constraints=[sums], options={"maxiter": 200})
    return np.clip(done.x, sites.lower, sites.upper)


@dataclass(frozen=True)
class Equilibrium:
    """Anion sites in equilibrium at one temperature.

    Args:
        temperature_K: at which the sites are in equilibrium.
        disorder: fraction of the largest swap, with its 95 % interval.
        displaced: share of each halide off 4a and of Se off 16e, with intervals.
        shares: site -> species -> share of the site.
        models: energies of the arrangements at this temperature; the draws of all potentials.
        with_entropy: whether the energies contain the entropy of vibrations and Li.
        left_out: reasons why cells do not count.
    """

    temperature_K: float
    disorder: Uncertain
    displaced: dict[str, Uncertain]
    shares: dict[str, dict[str, float]]
    models: tuple[EnthalpyModel, ...] = ()
    with_entropy: bool = False
    left_out: tuple[str, ...] = ()

    def of_cell(self, units: int) -> Uncertain:
        """Return the mean disorder of a cell of so many formula units, with its 95 % interval."""
        draws = np.array([cell_average(model, units, self.temperature_K) for model in self.models])
        return _interval(float(np.median(draws)), draws)


def equilibrium(
    sites: AnionSites,
    points: Sequence[EnthalpyPoint],
    temperature_K: float,
    seed: int = 0,
    run_temperature_K: float | None = None,
    reference_error_eV: float = 0.0,
) -> Equilibrium:
    """Minimise the free energy for every potential, and draw the interval from cells and potentials.

    Args:
        sites: the sublattices.
        points: cells of several disorders, at least one more than the model has terms, for each potential.
        temperature_K: at which the anions exchange.
        seed: of the draws.
        run_temperature_K: of the runs, to use their free energies; None for the enthalpies alone. Too few free
            energies are not used either.
        reference_error_eV: standard deviation of the energy, per formula unit, of a species that is wholly displaced.

    Raises:
        ArgyroError: no potential has enough cells.
    """
    kept, left_out = without_holes(sites, points)
    models, with_entropy = _models(sites, kept, temperature_K, run_temperature_K)
    if sites.largest_swap == 0.0:
        state = sites.state(0.0)
        certain = {name: Uncertain(share, share, share) for name, share in sites.displaced(state).items()}
        nothing = Uncertain(0.0, 0.0, 0.0)
        return Equilibrium(temperature_K, nothing, certain, sites.shares(state), left_out=left_out)
    best = np.mean([minimum(model, temperature_K) for model in models], axis=0)
    rng = np.random.default_rng(seed)
    drawn = tuple(models[n % len(models)].drawn(rng) for n in range(DRAWS))
    shifted = (model.shifted(rng, reference_error_eV) for model in drawn)
    starts = [best, *(sites.state(d) for d in STARTS)]  # a draw may have its minimum at the other end
    draws = np.array([minimum(model, temperature_K, starts) for model in shifted])
    displaced = {
        name: _interval(best[n] / sites.composition[name], draws[:, n] / sites.composition[name])
        for n, name in enumerate(sites.variables)
    }
    disorder = _interval(float(sites.disorder(best)), sites.disorder(draws))
    return Equilibrium(temperature_K, disorder, displaced, sites.shares(best), drawn, with_entropy, left_out)


def _models(
    sites: AnionSites, points: Sequence[EnthalpyPoint], temperature_K: float, run_temperature_K: float | None
) -> tuple[list[EnthalpyModel], bool]:
    """Fit one model per potential that has enough cells; all cells together if none has."""
    by_member = [[p for p in points if p.member == member] for member in sorted({p.member for p in points})]
    if run_temperature_K is not None:
        at = partial(EnthalpyModel.at, sites, temperature_K=temperature_K, run_temperature_K=run_temperature_K)
        if models := _fitted(at, by_member):
            return models, True
    fit = partial(EnthalpyModel.fit, sites)
    return _fitted(fit, by_member) or [fit(list(points))], False


def _fitted(
    fit: Callable[[Sequence[EnthalpyPoint]], EnthalpyModel], groups: Sequence[Sequence[EnthalpyPoint]]
) -> list[EnthalpyModel]:
    """Fit each group that has enough cells."""
    models = []
    for points in groups:
        try:
            models.append(fit(points))
        except ArgyroError:
            continue
    return models


def _interval(value: float, draws: np.ndarray) -> Uncertain:
    low, high = np.quantile(draws, (0.025, 0.975))
    return Uncertain(float(value), float(min(low, value)), float(max(high, value)))


def without_holes(sites: AnionSites, points: Sequence[EnthalpyPoint]) -> tuple[list[EnthalpyPoint], tuple[str, ...]]:
    """Leave out cells far below the others: their run fell into a hole of the potential.

    Args:
        sites: the sublattices.
        points: cells of one or more potentials.

    Returns:
        The other cells, and one sentence for each cell left out.
    """
    kept, words = list(points), []
    while len(kept) > 3:
        values = np.array([point.enthalpy_eV for point in kept])
        middle = np.median(values)
        spread = OUTLIER * 1.4826 * float(np.median(np.abs(values - middle)))
        lowest = int(values.argmin())
        depth = float(middle - values[lowest])
        if depth <= max(HOLE_EV, spread):
            break
        point = kept.pop(lowest)
        words.append(
            f"the cell with {100 * float(sites.disorder(point.state)):.0f} % disorder is {depth:.2f} eV per formula "
            "unit below the others, in a hole of the potential"
        )
    return kept, tuple(words)


def cell_average(model: EnthalpyModel, units: int, temperature_K: float) -> float:
    """Return the mean disorder of a finite cell, ⟨d⟩ = Σ d Ω e^(-n H / kT) / Z over all integer occupations.

    A hybrid Monte Carlo run of the same cell samples this average; the minimum of F is its limit for large cells.

    Args:
        model: enthalpy per formula unit.
        units: number n of formula units.
        temperature_K: of the cell.
    """
    sites = model.sites
    ranges = [
        np.arange(round(low * units), round(high * units) + 1) / units
        for low, high in zip(sites.lower, sites.upper, strict=True)
    ]
    states = np.array(list(product(*ranges)))
    states = states[sites.possible(states)]
    weights = _log_arrangements(sites, states, units) - units * model.enthalpy_eV(states) / (
        BOLTZMANN_EV_K * temperature_K
    )
    weights = np.exp(weights - weights.max())
    return float(weights @ sites.disorder(states) / weights.sum())


def _log_arrangements(sites: AnionSites, states: np.ndarray, units: int) -> np.ndarray:
    """Return ln Ω: the halides on 4a and 4c among the free chalcogens, then Se on free and on corner sites."""
    halides = len(sites.halides)
    amounts = np.array([sites.composition[name] for name in sites.halides])
    on_4c = states[:, :halides] * units
    found = np.zeros(len(states))
    for number in (on_4c, amounts * units - on_4c):
        found += gammaln(units + 1) - gammaln(number + 1).sum(axis=1) - gammaln(units - number.sum(axis=1) + 1)
    if SELENIUM in sites.variables:
        free, selenium = sites.free_chalcogens * units, states[:, -1] * units
        corners, rest = CORNERS * units, sites.composition[SELENIUM] * units - selenium
        for places, number in ((free, selenium), (corners, rest)):
            found += gammaln(places + 1) - gammaln(number + 1) - gammaln(places - number + 1)
    return found
