"""From a question in a user's words to the answer of `argyro predict` and of the HTTP service."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from argyro.platform.conductivity import conductivity_S_cm
from argyro.platform.errors import InputError
from argyro.platform.structures.argyrodite import build_bulk
from argyro.platform.structures.composition import Composition
from argyro.platform.structures.grain_boundary import build_boundary
from argyro.platform.uncertain import Uncertain
from argyro.platform.units import S_CM_IN_MS_CM
from argyro.surrogates.descriptors import Identity
from argyro.surrogates.polycrystal import Polycrystal
from argyro.surrogates.prediction import Prediction, uncertain_columns
from argyro.surrogates.surrogate import Query, Surrogate

FORMULA_UNITS_PER_CELL = 4
KEPT_STRUCTURES = 512
KEPT_LAWS = 4096
SAMPLES = 256


@dataclass(frozen=True)
class Question:
    """What a user asks: D and σ of a polycrystal of one composition, disorder, boundary and grain size at one
    temperature.
    """

    composition: str
    disorder: float
    boundary: str
    temperature_K: float
    grain_size_nm: float


@dataclass(frozen=True)
class Oracle:
    """A surrogate with the polycrystal it is seen through.

    Args:
        surrogate: predicts bulk and boundary diffusivities.
        polycrystal: homogenizes them.
        kept: graphs of what was asked for, the oldest dropped first.
        laws: graphs with posterior samples of their Arrhenius laws, likewise.
    """

    surrogate: Surrogate
    polycrystal: Polycrystal
    kept: OrderedDict[Identity, Query] = field(default_factory=OrderedDict)
    laws: OrderedDict[tuple, tuple] = field(default_factory=OrderedDict)

    @classmethod
    def load(cls, directory: Path | str) -> Oracle:
        """Read what `save` wrote.

        Raises:
            InputError: there is no surrogate.
        """
        surrogate = Surrogate.load(directory)
        return cls(surrogate, Polycrystal.load(directory))

    def save(self, directory: Path | str) -> None:
        """Write the surrogate's files and the polycrystal beside them."""
        self.surrogate.save(directory)
        self.polycrystal.save(directory)

    def query(self, composition: str, disorder: float, boundary: str) -> Query:
        """Name a material and boundary; its structure is built only where networks need it, and kept.

        Raises:
            InputError: they cannot be built.
        """
        identity = Identity.of(composition, disorder, boundary)
        if not self.surrogate.needs_structure(identity):
            return Query(identity)
        if identity not in self.kept:
            self.kept[identity] = self.surrogate.prepare(build(identity))
            if len(self.kept) > KEPT_STRUCTURES:
                self.kept.popitem(last=False)
        return self.kept[identity]

    def answer(self, question: Question, samples: int = SAMPLES, seed: int = 0) -> dict:
        """Answer one question with the keys of `argyro predict --json`.

        Raises:
            InputError: what cannot be built or predicted.
        """
        query = self.query(question.composition, question.disorder, question.boundary)
        return self.answer_query(query, question.temperature_K, question.grain_size_nm, samples, seed)

    def answer_query(
        self, query: Query, temperature_K: float, grain_size_nm: float, samples: int = SAMPLES, seed: int = 0
    ):
        """Answer for a prepared query, see `answer`."""
        require_grain_size(grain_size_nm)
        prediction = self.surrogate.at(query, self._law(query, samples, seed), (temperature_K,))
        return self.describe(query.identity, prediction, 0, grain_size_nm)

    def describe(self, identity: Identity, prediction: Prediction, index: int, grain_size_nm: float) -> dict:
        """Put a prediction at one of its temperatures into the keys of `argyro predict --json`."""
        kelvin = prediction.temperatures_K[index]
        effective = Uncertain.from_samples(self.effective_samples(prediction, index, grain_size_nm))
        conductivity = conductivity_S_cm(effective, lithium_per_A3(identity.composition), kelvin).scaled(S_CM_IN_MS_CM)
        parallel, perpendicular = prediction.parallel, prediction.perpendicular
        return {
            "composition": identity.composition,
            "disorder": identity.disorder,
            "boundary": identity.boundary,
            "temperature_K": kelvin,
            "grain_size_nm": float(grain_size_nm),
            "width_nm": prediction.width_nm,
            "bulk_cm2_s": prediction.bulk[index].to_json(),
            "boundary_parallel_cm2_s": None if parallel is None else parallel[index].to_json(),
            "boundary_perpendicular_cm2_s": None if perpendicular is None else perpendicular[index].to_json(),
            "effective_cm2_s": effective.to_json(),
            "conductivity_mS_cm": conductivity.to_json(),
            "activation_energy_eV": prediction.activation_energy_eV.to_json(),
            "in_domain": prediction.in_domain,
            "warnings": list(prediction.warnings),
            "label_source": self.surrogate.report.get("label_source", ""),
        }

    def effective_samples(self, prediction: Prediction, index: int, grain_size_nm: float) -> np.ndarray:
        """Samples of D_eff in cm²/s at one temperature, (n,); those of the bulk where there is no boundary."""
        bulk, parallel, perpendicular = prediction.samples[:, :, index].T
        if prediction.parallel is None:
            return bulk
        width_nm = prediction.width_nm
        if width_nm is None:
            raise InputError(
                "the surrogate saw no boundary, so it knows no width; ask for boundary 'bulk'", path="boundary"
            )
        return self.polycrystal.effective_cm2_s(bulk, parallel, perpendicular, width_nm, grain_size_nm)

    def curves(
        self, query: Query, temperatures_K: Sequence[float], grain_sizes_nm: Sequence[float], temperature_K: float
    ) -> dict:
        """D over temperature and σ over grain size, as the page plots them; each curve a list of uncertain numbers."""
        for size in grain_sizes_nm:
            require_grain_size(size)
        prediction = self.surrogate.at(query, self._law(query), (*temperatures_K, temperature_K))
        columns = {"bulk_cm2_s": prediction.samples[:, 0, :-1]}
        if prediction.parallel is not None:
            columns["boundary_parallel_cm2_s"] = prediction.samples[:, 1, :-1]
            columns["boundary_perpendicular_cm2_s"] = prediction.samples[:, 2, :-1]
        last = len(temperatures_K)
        effective = np.stack([self.effective_samples(prediction, last, size) for size in grain_sizes_nm], axis=1)
        factor = conductivity_S_cm(1.0, lithium_per_A3(query.identity.composition), temperature_K) * S_CM_IN_MS_CM
        columns["conductivity_mS_cm"] = effective * factor
        return {name: [u.to_json() for u in uncertain_columns(values)] for name, values in columns.items()}

    def _law(self, query: Query, samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
        """Drawn coefficients of a query, kept since they hold at every temperature."""
        key = (query.identity, id(query.graph), samples, seed)
        if key not in self.laws:
            self.laws[key] = (query.graph, self.surrogate.draw([query], samples, seed)[0])  # keeping it keeps its id
            if len(self.laws) > KEPT_LAWS:
                self.laws.popitem(last=False)
        return self.laws[key][1]


def require_grain_size(grain_size_nm: float) -> None:
    """Refuse grains without a size.

    Raises:
        InputError: not positive.
    """
    if not grain_size_nm > 0:
        message = f"grain size {grain_size_nm} nm is not positive"
        raise InputError(message, path="grain_size_nm", given=grain_size_nm, accepted="> 0")


@lru_cache(maxsize=4096)
def lithium_per_A3(composition: str) -> float:
    """Li ions per Å³ of the crystal."""
    parsed = Composition.parse(composition)
    return FORMULA_UNITS_PER_CELL * parsed["Li"] / parsed.lattice_parameter_A**3


def build(identity: Identity):
    """A representative cell of a material and boundary."""
    if identity.boundary == "bulk":
        return build_bulk(identity.composition, identity.disorder)
    return build_boundary(identity.composition, identity.disorder, identity.boundary)
