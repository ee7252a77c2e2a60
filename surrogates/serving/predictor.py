"""Predictor: answers about a polycrystal from a trained surrogate."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from ase import Atoms
from cachetools import LRUCache, cachedmethod

from argyro.platform.common.conductivity import HAVEN_RATIO, conductivity_S_cm
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM, ZERO_CELSIUS_K
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.data.template_cell import representative_cell
from argyro.surrogates.data.user_structure import named
from argyro.surrogates.homogenized.polycrystal import Polycrystal
from argyro.surrogates.models.prediction import Prediction, uncertain_columns
from argyro.surrogates.models.surrogate import Query, Surrogate
from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.surrogates.serving.comparison import comparison, lithium_per_A3
from argyro.surrogates.serving.population import BULK, MixedQuery, Population, mixed_prediction
from argyro.surrogates.serving.uncertainty import haven_samples, variance_shares
from argyro.surrogates.serving.unknown_disorder import (
    SpreadQuery,
    disorder_nodes,
    expected_disorder,
    spread_prediction,
)

KEPT_QUERIES = 4096
KEPT_LAWS = 512  # of 30 kB
SAMPLES = 256
UNTRAINED_DISORDER = 0.123
EXAMPLE_MATERIAL, EXAMPLE_GRAIN_NM, EXAMPLE_K = "Li6PS5Cl|0.5", 1000.0, 300.0
# Below, hopping is not classical and samples leave the polycrystal's table; above, argyrodites are not solid.
COLDEST_K, HOTTEST_K = 150.0, 3000.0
LARGEST_GRAIN_NM = 1e6  # a millimetre; larger grains would need new tables, which take a minute
AnyQuery = Query | MixedQuery | SpreadQuery


@dataclass(frozen=True)
class Question:
    """Question: D and σ of a polycrystal of one composition, disorder, boundaries and grain size at one temperature.

    ``boundary`` is ``bulk``, a name, or a population such as ``sigma5(001)[001]=0.3 + sigma3(1-12)[110]=0.7``.
    """

    composition: str
    disorder: float
    boundary: str
    temperature_K: float
    grain_size_nm: float


@dataclass(frozen=True)
class Oracle:
    """Surrogate with the polycrystal that homogenizes its diffusivities.

    Args:
        surrogate: predicts bulk and boundary diffusivities.
        polycrystal: homogenizes them.
        queries: LRU cache of prepared queries.
        laws: LRU cache of posterior samples of the queries' Arrhenius laws.
        lock: lock of both caches.
    """

    surrogate: Surrogate
    polycrystal: Polycrystal
    queries: LRUCache[tuple, Query] = field(default_factory=lambda: LRUCache(KEPT_QUERIES), repr=False)
    laws: LRUCache[tuple, np.ndarray] = field(default_factory=lambda: LRUCache(KEPT_LAWS), repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def load(cls, directory: Path | str) -> Oracle:
        """Read what `save` wrote.

        Raises:
            InputError: the folder holds no surrogate.
        """
        surrogate = Surrogate.load(directory)
        return cls(surrogate, Polycrystal.load(directory))

    def save(self, directory: Path | str) -> None:
        """Write the surrogate and the polycrystal into one folder."""
        self.surrogate.save(directory)
        self.polycrystal.save(directory)

    def ask(
        self,
        composition: str | None,
        disorder: float | None,
        boundary: str | Mapping[str, float] | None,
        structure: Atoms | None = None,
    ) -> AnyQuery:
        """Prepare the query of a material and its boundaries, or of a structure; see `argyro.surrogates.predict`.

        Without a disorder, the answer is a mixture over the estimated one; without a boundary, the boundaries are those
        of the training data in equal shares.

        Raises:
            InputError: neither is given, or they are invalid.
        """
        if structure is not None:
            name = None if boundary is None else Population.of(boundary).label
            return self.surrogate.prepare(named(structure, composition, disorder, name))
        if not isinstance(composition, str):
            message = "no composition is given; give one, for example Li6PS5Cl, or a structure"
            raise InputError(message, path="composition", accepted="a formula")
        boundary = self.population().label if boundary is None else boundary
        if disorder is not None:
            return self.query(composition, disorder, boundary)
        expected = self.expected_disorder(composition)
        parts = tuple(self.query(composition, share, boundary) for share in disorder_nodes(expected))
        return SpreadQuery(parts, expected)

    def expected_disorder(self, composition: str) -> Uncertain:
        """Estimate the disorder of a composition from refined disorders and those of the campaign.

        Raises:
            InputError: the formula is no argyrodite.
        """
        return expected_disorder(composition, self.surrogate.report.get("disorders", {}))

    def population(self) -> Population:
        """Return the default population: that of the campaign, else equal shares of the trained boundaries."""
        if shares := self.surrogate.report.get("boundary_shares"):
            return Population.of(shares)
        return Population.equal(self.surrogate.domain.boundaries)

    def query(
        self, composition: str, disorder: float, boundary: str | Mapping[str, float | None]
    ) -> Query | MixedQuery:
        """Prepare the query of a material and its boundaries; build structures only if the networks need them.

        Raises:
            InputError: a structure cannot be built, or the boundaries are no population.
        """
        population = Population.of(boundary)
        names = [name for name, _ in population.shares] or [BULK]
        parts = tuple(self._query(Identity.of(composition, disorder, name)) for name in names)
        return parts[0] if len(parts) == 1 else MixedQuery(parts, population)

    @cachedmethod(lambda self: self.queries, lock=lambda self: self.lock)
    def _query(self, identity: Identity) -> Query:
        if not self.surrogate.needs_structure(identity):
            return Query(identity)
        return self.surrogate.prepare(representative_cell(identity))

    def answers(
        self,
        composition: str | None,
        disorder: float | None,
        boundary: str | Mapping[str, float] | None,
        structure: Atoms | None,
        temperatures_K: Sequence[float],
        grain_sizes_nm: Sequence[float],
    ) -> list[dict]:
        """Answer for each temperature and, within it, each grain size; see `argyro.surrogates.predict`.

        Raises:
            InputError: the question is invalid.
        """
        query = self.ask(composition, disorder, boundary, structure)
        return [self.answer_query(query, kelvin, size) for kelvin in temperatures_K for size in grain_sizes_nm]

    def warm_up(self) -> None:
        """Load imports, tables and each boundary's template cell before the first question."""
        example = self.example()
        self.answer(example)
        for boundary in (*self.surrogate.domain.boundaries, self.population().label):
            self.query(example.composition, UNTRAINED_DISORDER, boundary)

    def example(self) -> Question:
        """Return a question about a trained material: disordered Li6PS5Cl if trained, else the first."""
        report = self.surrogate.report
        material = EXAMPLE_MATERIAL if EXAMPLE_MATERIAL in report["materials"] else report["materials"][0]
        composition, _, disorder = material.partition("|")
        return Question(composition, float(disorder), self.population().label, EXAMPLE_K, EXAMPLE_GRAIN_NM)

    def answer(self, question: Question, samples: int = SAMPLES, seed: int = 0) -> dict:
        """Answer one question with the keys of `argyro predict --json`.

        Raises:
            InputError: the question is invalid.
        """
        query = self.query(question.composition, question.disorder, question.boundary)
        return self.answer_query(query, question.temperature_K, question.grain_size_nm, samples, seed)

    def answer_query(
        self,
        query: AnyQuery,
        temperature_K: float,
        grain_size_nm: float,
        samples: int = SAMPLES,
        seed: int = 0,
    ) -> dict:
        """Answer a question about a prepared query, see `answer`."""
        require_temperature(temperature_K)
        require_grain_size(grain_size_nm)
        prediction = self.prediction(query, (temperature_K,), samples, seed)
        if not isinstance(query, SpreadQuery):
            return self.describe(query.identity, prediction, 0, grain_size_nm)
        answer = self.describe(query.identity, prediction, 0, grain_size_nm, len(query.parts))
        return answer | {"disorder": query.disorder.to_json() | {"origin": "estimated"}}

    def prediction(
        self, query: AnyQuery, temperatures_K: Sequence[float], samples: int = SAMPLES, seed: int = 0
    ) -> Prediction:
        """Predict the diffusivities of a prepared query, mixed over its disorders and boundaries."""
        if isinstance(query, SpreadQuery):
            return spread_prediction([self.prediction(part, temperatures_K, samples, seed) for part in query.parts])
        if isinstance(query, MixedQuery):
            parts = [self.prediction(part, temperatures_K, samples, seed) for part in query.parts]
            return mixed_prediction(parts, query.population)
        return self.surrogate.at(query, self._law(query, samples, seed), tuple(temperatures_K))

    def warnings(self, query: AnyQuery, temperature_K: float) -> tuple[str, ...]:
        """List the properties of a question outside of the training data."""
        if isinstance(query, Query):
            return tuple(self.surrogate.domain.warnings(query.identity, (temperature_K,)))
        return tuple(dict.fromkeys(text for part in query.parts for text in self.warnings(part, temperature_K)))

    def describe(
        self, identity: Identity, prediction: Prediction, index: int, grain_size_nm: float, disorders: int = 1
    ) -> dict:
        """Convert a prediction at one of its temperatures to the keys of `argyro predict --json`.

        Args:
            identity: material and boundaries.
            prediction: at several temperatures.
            index: of the temperature.
            grain_size_nm: of the polycrystal.
            disorders: number of disorders that the samples belong to in turn.
        """
        kelvin = prediction.temperatures_K[index]
        biased = self.effective_samples(prediction, index, grain_size_nm)
        given = prediction.given_reference
        plain = biased if given is prediction else self.effective_samples(given, index, grain_size_nm)
        factor = conductivity_S_cm(1.0, lithium_per_A3(identity.composition), kelvin) * S_CM_IN_MS_CM
        haven = haven_samples(len(biased))
        known = None if given is prediction else plain  # without a bias there is one interval
        effective = Uncertain.from_samples(biased, known)
        conductivity = Uncertain.from_samples(biased / haven, None if known is None else known / haven).scaled(factor)
        shares = variance_shares(
            prediction,
            index,
            self.surrogate.domain.temperatures_K[0],
            biased,
            plain,
            lambda samples: self._effective(samples, prediction.width_nm, grain_size_nm),
            *self.surrogate.simulated(identity),
            disorders,
        )
        parallel, perpendicular = prediction.parallel, prediction.perpendicular
        return {
            "composition": identity.composition,
            "disorder": dict.fromkeys(("value", "low", "high"), identity.disorder) | {"origin": "given"},
            "boundary": identity.boundary,
            "boundaries": Population.of(identity.boundary).to_json(),
            "temperature_K": kelvin,
            "grain_size_nm": float(grain_size_nm),
            "width_nm": None if parallel is None else prediction.width_nm,
            "bulk_cm2_s": prediction.bulk[index].to_json(),
            "boundary_parallel_cm2_s": None if parallel is None else parallel[index].to_json(),
            "boundary_perpendicular_cm2_s": None if perpendicular is None else perpendicular[index].to_json(),
            "effective_cm2_s": effective.to_json(),
            "conductivity_mS_cm": conductivity.to_json(),
            "haven_ratio": HAVEN_RATIO.to_json() | {"origin": "prior"},
            "reference_factor": Uncertain.from_samples(plain / biased).to_json(),
            "uncertainty_shares": shares,
            "without_meyer_neldel": self._without_rule(prediction, index, grain_size_nm, factor / haven),
            "published": comparison(identity.composition),
            "activation_energy_eV": prediction.activation_energy_eV.to_json(),
            "in_domain": prediction.in_domain,
            "warnings": list(prediction.warnings),
            "notes": self._notes(kelvin),
            "label_source": self.surrogate.report.get("label_source", ""),
        }

    def _without_rule(
        self, prediction: Prediction, index: int, grain_size_nm: float, factors: np.ndarray
    ) -> dict[str, dict] | None:
        """Answer without the Meyer-Neldel rule; None for a surrogate of an earlier version.

        Args:
            prediction: with the rule.
            index: of the temperature.
            grain_size_nm: grain size.
            factors: σ in mS/cm over D_eff in cm²/s of each sample, (n,).
        """
        free = prediction.without_rule
        if free is None:
            return None
        sigma = Uncertain.from_samples(self.effective_samples(free, index, grain_size_nm) * factors)
        return {"conductivity_mS_cm": sigma.to_json(), "activation_energy_eV": free.activation_energy_eV.to_json()}

    def effective_samples(self, prediction: Prediction, index: int, grain_size_nm: float) -> np.ndarray:
        """Compute samples of D_eff in cm²/s at one temperature, (n,); without a boundary, return those of the bulk.

        Raises:
            InputError: the grain size is missing, too large, or too small for the boundaries.
        """
        require_grain_size(grain_size_nm)
        drawn = prediction.samples[:, :, index]
        if np.isnan(drawn).any():
            return drawn[:, 0]
        return self._effective(drawn, prediction.width_nm, grain_size_nm)

    def _effective(self, samples: np.ndarray, width_nm: float | None, grain_size_nm: float) -> np.ndarray:
        """Compute D_eff in cm²/s, (n,), of samples (n, 3) of bulk, along and across."""
        bulk, parallel, perpendicular = samples.T
        if width_nm is None:
            raise InputError(
                "the surrogate was trained without boundaries and has no boundary width; use boundary 'bulk'",
                path="boundary",
            )
        return self.polycrystal.effective_cm2_s(bulk, parallel, perpendicular, width_nm, grain_size_nm)

    def curves_steps(
        self,
        query: AnyQuery,
        temperatures_K: Sequence[float],
        grain_sizes_nm: Sequence[float],
        temperature_K: float,
        grain_size_nm: float,
    ) -> Generator[None, None, dict]:
        """Compute D over temperature and σ over grain size; yield after each point, so that a server can interrupt.

        Args:
            query: prepared query.
            temperatures_K: temperatures of the diffusivities.
            grain_sizes_nm: grain sizes of the conductivity.
            temperature_K: temperature of the conductivity.
            grain_size_nm: grain size of the effective diffusivity.

        Returns:
            name -> list of uncertain numbers.
        """
        for kelvin in temperatures_K:
            require_temperature(kelvin)
        prediction = self.prediction(query, (*temperatures_K, temperature_K))
        last = len(temperatures_K)
        samples = {"bulk_cm2_s": prediction.samples[:, 0, :last]}
        if prediction.parallel is not None:
            samples["boundary_parallel_cm2_s"] = prediction.samples[:, 1, :last]
            samples["boundary_perpendicular_cm2_s"] = prediction.samples[:, 2, :last]
        points = [(index, grain_size_nm) for index in range(last)] + [(last, size) for size in grain_sizes_nm]
        effective = []
        for index, size in points:
            effective.append(self.effective_samples(prediction, index, size))
            yield
        samples["effective_cm2_s"] = np.stack(effective[:last], axis=1)
        factor = conductivity_S_cm(1.0, lithium_per_A3(query.identity.composition), temperature_K) * S_CM_IN_MS_CM
        haven = haven_samples(len(effective[0]))[:, None]
        samples["conductivity_mS_cm"] = np.stack(effective[last:], axis=1) * factor / haven
        return {name: [u.to_json() for u in uncertain_columns(values)] for name, values in samples.items()}

    def _law(self, query: Query, samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
        """Draw the coefficients of a query, valid at every temperature."""
        coefficients = b"" if query.coefficients is None else query.coefficients.tobytes()
        key = (query.identity, coefficients, samples, seed)
        with self.lock:
            law = self.laws.get(key)
        if law is None:
            (law,) = self.surrogate.draw([query], samples, seed)
            with self.lock:
                self.laws[key] = law
        return law

    def _notes(self, temperature_K: float) -> list[str]:
        """List the assumptions of an answer within the domain."""
        coldest = self.surrogate.domain.temperatures_K[0]
        if temperature_K >= coldest:
            return []
        return [
            f"{temperature_K:g} K is extrapolated by the Arrhenius law from runs at {coldest:g} K and above: the "
            "interval includes the uncertainty of the barrier, but no change of mechanism"
        ]


@lru_cache(maxsize=4)
def oracle_of(folder: Path | str | None = None) -> Oracle:
    """Load the surrogate of a folder once per process; None loads the bundled one."""
    return Oracle.load(shipped_folder() if folder is None else folder)


def require_temperature(kelvin: float) -> None:
    """Refuse a temperature outside the range of the Arrhenius law.

    Raises:
        InputError: the temperature is below COLDEST_K or above HOTTEST_K.
    """
    require_positive("temperature_K", kelvin)
    if not COLDEST_K <= kelvin <= HOTTEST_K:
        accepted = f"{COLDEST_K:g} to {HOTTEST_K:g} K"
        celsius = f"; {kelvin:g} °C is {kelvin + ZERO_CELSIUS_K:g} K" if kelvin < COLDEST_K else ""
        message = f"temperature {kelvin:g} K is outside {accepted}, the accepted range{celsius}"
        raise InputError(message, path="temperature_K", accepted=accepted)


def require_grain_size(nm: float) -> None:
    """Refuse an invalid grain size.

    Raises:
        InputError: the grain size is not positive, or above LARGEST_GRAIN_NM.
    """
    require_positive("grain_size_nm", nm)
    if nm > LARGEST_GRAIN_NM:
        message = f"grain size {nm:g} nm is above the limit of 1 mm; use boundary 'bulk' for a single crystal"
        raise InputError(message, path="grain_size_nm", accepted=f"up to {LARGEST_GRAIN_NM:g} nm")


def require_positive(name: str, value: float) -> None:
    """Refuse a temperature or grain size that is not positive and finite.

    Raises:
        InputError: the value is not positive, or not finite.
    """
    if not 0 < value < float("inf"):
        word, unit = name.replace("_", " ").rsplit(" ", 1)
        message = f"{word} {value} {unit} is not positive and finite"
        raise InputError(message, path=name, accepted="> 0")
