"""Trained surrogate: diffusivities of a structure with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.surrogates.data.descriptors import Identity, identity_of
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.data.template_cell import representative_cell
from argyro.surrogates.forward.kernels import Rows, labels_of, rows_of
from argyro.surrogates.forward.reference_discrepancy import Discrepancy
from argyro.surrogates.models.candidates import prior_means
from argyro.surrogates.models.files import load, save
from argyro.surrogates.models.fitted import Fitted
from argyro.surrogates.models.metrics import widening
from argyro.surrogates.models.prediction import Prediction

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph


@dataclass(frozen=True)
class Query:
    """Prepared query about a structure, reusable for several questions.

    Args:
        identity: material and boundary of the structure.
        coefficients: Arrhenius coefficients of the graph networks, (members, 3 targets, 2); None if the surrogate needs
            none, see `Surrogate.needs_structure`.
    """

    identity: Identity
    coefficients: np.ndarray | None = None

    @property
    def targets(self) -> list[str]:
        """Names of the structure's diffusivities."""
        return ["bulk"] if self.identity.boundary == "bulk" else list(TARGETS)


@dataclass(frozen=True)
class Surrogate(Fitted):
    """Posterior over Arrhenius laws; see `train_surrogate`."""

    def needs_structure(self, identity: Identity) -> bool:
        """Check whether the networks need the atoms: the structure is not in the training data."""
        if self.ensemble is None:
            return False
        return not all(label in self.known_means for label in labels_of(self.rows(identity, Query(identity).targets)))

    def simulated(self, identity: Identity) -> tuple[int, float]:
        """Return the number of simulated bulk arrangements of a material, and the scatter of ln D between them."""
        key = replace(identity, boundary="bulk").key
        counts = self.report.get("arrangements")  # absent in earlier files, which then count one
        known = counts.get(key, 0) if counts else int(key in self.candidate.posterior.rows.keys)
        return known, float(self.report["run_scatter"]["scatter"])

    def rows(self, identity: Identity, targets: Sequence[str]) -> Rows:
        """Make the rows of a structure with its boundary's excess."""
        return rows_of(identity, targets, self.excess)

    def prepare(self, structure: Atoms) -> Query:
        """Evaluate the networks for a structure.

        Networks learn the bulk from cells without a boundary. The bulk coefficients of a boundary cell are therefore
        those of a bulk cell of its material.

        Raises:
            InputError: a label is missing or an element is unknown.
        """
        identity = identity_of(structure)
        if not self.needs_structure(identity):
            return Query(identity)
        coefficients = self._network(structure)
        bulk = replace(identity, boundary="bulk")
        if bulk != identity and self.needs_structure(bulk):
            coefficients[:, 0] = self._network(representative_cell(bulk))[:, 0]
        return Query(identity, coefficients)

    def graph(self, structure: Atoms) -> Graph:
        """Build the networks' input graph."""
        from argyro.surrogates.data.structure_graph import graph_of

        return graph_of(structure, self.excess, self.frozen)

    @overload
    def predict(
        self,
        structures: Atoms | Query,
        temperatures_K: Sequence[float],
        samples: int = 256,
        seed: int = 0,
        joint: bool = False,
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        structures: Sequence[Atoms | Query],
        temperatures_K: Sequence[float],
        samples: int = 256,
        seed: int = 0,
        joint: bool = False,
    ) -> list[Prediction]: ...

    def predict(
        self,
        structures: Atoms | Query | Sequence[Atoms | Query],
        temperatures_K: Sequence[float],
        samples: int = 256,
        seed: int = 0,
        joint: bool = False,
    ) -> Prediction | list[Prediction]:
        """Predict the posterior of the diffusivities at temperatures.

        Args:
            structures: one or several, as cells or as prepared queries.
            temperatures_K: nT temperatures.
            samples: number of posterior samples.
            seed: random seed of the samples.
            joint: draw correlated samples of all structures, for a ranking; the cost grows with their number cubed.

        Returns:
            one prediction for one structure, a list for several.

        Raises:
            InputError: a temperature is not positive, or a structure lacks labels.
        """
        if isinstance(structures, Atoms | Query):
            return self.predict([structures], temperatures_K, samples, seed)[0]
        queries = [q if isinstance(q, Query) else self.prepare(q) for q in structures]
        means = self._means(queries)
        if joint:
            groups = [queries]
            blocks = [means]
        else:
            groups, blocks = [[query] for query in queries], [[mean] for mean in means]
        predictions = []
        for number, (group, block) in enumerate(zip(groups, blocks, strict=True)):
            drawn = self._draw(group, block, samples, seed + number)
            predictions += [self.at(query, mine, temperatures_K) for query, mine in zip(group, drawn, strict=True)]
        return predictions

    def save(self, directory: Path | str) -> None:
        """Write ``surrogate.json``, ``surrogate.safetensors`` and the model card ``README.md``."""
        save(self, Path(directory))

    @staticmethod
    def load(directory: Path | str) -> Surrogate:
        """Read what `save` wrote.

        Raises:
            InputError: the directory holds no surrogate, or one of another format.
        """
        return Surrogate(**vars(load(Path(directory))))

    def _means(self, queries: Sequence[Query]) -> list[np.ndarray]:
        """Return mean coefficients (members, targets, 2) of each query before conditioning."""
        if self.ensemble is None:
            return [prior_means(len(query.targets), self.prior) for query in queries]
        return [self._network_means(query) for query in queries]

    def _network_means(self, query: Query) -> np.ndarray:
        """Return mean coefficients (members, targets, 2) of a query; stored ones for trained structures."""
        rows = self.rows(query.identity, query.targets)
        means = []
        for label, target in zip(labels_of(rows), rows.targets, strict=True):
            if label in self.known_means:
                means.append(self.known_means[label])
            elif query.coefficients is not None:
                means.append(query.coefficients[:, target])
            else:
                key = query.identity.key
                raise InputError(
                    f"{key} is not in the training data; give its structure, which the graph networks need"
                )
        return np.stack(means, axis=1)

    def _network(self, structure: Atoms) -> np.ndarray:
        """Evaluate network coefficients (members, 3, 2) of a structure."""
        assert self.ensemble is not None  # see `needs_structure`
        return self.ensemble.coefficients([self.graph(structure)], self.prior)[:, 0]

    def draw(self, queries: Sequence[Query], samples: int, seed: int) -> list[np.ndarray]:
        """Draw joint coefficients of queries, each (samples, targets, 3 or 5), valid at every temperature.

        The coefficients are a and Ea, see `ArrheniusPrior`, the stretch δ of Ea by the reference's discrepancy, and a
        and Ea without the Meyer-Neldel rule.

        Args:
            queries: prepared queries.
            samples: number of samples.
            seed: random seed of the samples.
        """
        return self._draw(queries, self._means(queries), samples, seed)

    def at(self, query: Query, drawn: np.ndarray, temperatures_K: Sequence[float]) -> Prediction:
        """Convert drawn coefficients of a query to diffusivities at temperatures.

        Raises:
            InputError: a temperature is not positive.
        """
        kelvin = np.asarray(temperatures_K, dtype=float)
        if not np.all(kelvin > 0):
            raise InputError(f"temperatures {list(temperatures_K)} K are not all positive", accepted="> 0 K")
        targets = [TARGETS.index(target) for target in query.targets]
        stretch, pairs = drawn[..., 2], []
        laws = [(drawn[..., :2], stretch), (drawn[..., :2], np.zeros_like(stretch))]
        if drawn.shape[-1] > 3:
            laws.append((drawn[..., 3:], stretch))
        for law, stretched in laws:
            logs = self.prior.log_diffusivity(law, kelvin)
            logs = logs - (stretched * law[..., 1])[..., None] / (BOLTZMANN_EV_K * kelvin)
            diffusivities = np.full((len(drawn), len(TARGETS), len(kelvin)), np.nan)
            energies = np.full((len(drawn), len(TARGETS)), np.nan)
            diffusivities[:, targets], energies[:, targets] = np.exp(logs), law[..., 1] * (1 + stretched)
            pairs.append((diffusivities, energies))
        warnings = self.domain.warnings(query.identity, temperatures_K)
        unbiased = pairs[1] if self.discrepancy != Discrepancy() else None
        free = pairs[2] if len(pairs) > 2 else None
        return Prediction(tuple(map(float, kelvin)), *pairs[0], self.width_nm, warnings, unbiased, free)

    def _draw(self, queries: Sequence[Query], means: Sequence[np.ndarray], samples: int, seed: int) -> list[np.ndarray]:
        rows = Rows.join([self.rows(query.identity, query.targets) for query in queries])
        drawn = self.candidate.draw(rows, np.concatenate(means, axis=1), self.prior, samples, seed)
        centre = drawn.mean(axis=0)
        widened = centre + widening(self.calibration, self.candidate.posterior.new(rows))[:, None] * (drawn - centre)
        owners = [query.identity.composition for query in queries for _ in query.targets]
        stretch = self.discrepancy.draw(owners, samples, seed)
        complete = np.concatenate([widened[..., :2], stretch[..., None], widened[..., 2:]], axis=-1)
        return np.split(complete, np.cumsum([len(query.targets) for query in queries])[:-1], axis=1)
