"""The trained surrogate: from a structure to diffusivities with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.descriptors import Identity, identity_of
from argyro.surrogates.data.excess import BoundaryExcess
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.data.template_cell import representative_cell
from argyro.surrogates.models.applicability_domain import Domain
from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.candidates import Candidate, prior_means
from argyro.surrogates.models.gaussian_process import Posterior
from argyro.surrogates.models.kernels import Rows, labels_of, rows_of
from argyro.surrogates.models.metrics import widening
from argyro.surrogates.models.prediction import Prediction, draw

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph

    from argyro.surrogates.models.gnn import GraphEnsemble


@dataclass(frozen=True)
class Query:
    """A structure as the surrogate sees it; prepare it once where it is asked often.

    Args:
        identity: what it stands for.
        graph: what the networks see of it, where they must.
        bulk: of a boundary, the networks' coefficients (members, 2) of its material's bulk: they learn the bulk from
            cells without a boundary, so that is where they are asked for it.
    """

    identity: Identity
    graph: Graph | None = None
    bulk: np.ndarray | None = None

    @property
    def targets(self) -> list[str]:
        """What can be asked of it."""
        return ["bulk"] if self.identity.boundary == "bulk" else list(TARGETS)


@dataclass(frozen=True)
class Surrogate:
    """A posterior over Arrhenius laws; see `train_surrogate`.

    Args:
        candidate: the model that won the validation.
        ensemble: its graph networks, None if it has none.
        known_means: network coefficients (members, 2) of what was trained, by key and target.
        calibration: conformal factor on the intervals of what is new.
        domain: what the training data span.
        width_nm: width that boundary diffusivities refer to.
        excess: energy and volume of the boundaries that were simulated.
        report: accuracy of all candidates and the data they saw.
        frozen: descriptors of a foundation model that its networks see, too.
    """

    candidate: Candidate
    ensemble: GraphEnsemble | None
    known_means: dict[str, np.ndarray]
    calibration: float
    domain: Domain
    width_nm: float | None
    excess: BoundaryExcess
    report: dict = field(default_factory=dict)
    prior: ArrheniusPrior = field(default_factory=ArrheniusPrior)
    frozen: FrozenDescriptors | None = None

    @property
    def members(self) -> int:
        """Networks in the ensemble; one without any, the prior's mean."""
        return 1 if self.ensemble is None else self.ensemble.members

    def needs_structure(self, identity: Identity) -> bool:
        """Whether atoms are needed to answer: there are networks and the material was not trained."""
        if self.ensemble is None:
            return False
        return not all(label in self.known_means for label in labels_of(self.rows(identity, Query(identity).targets)))

    def rows(self, identity: Identity, targets: list[str]) -> Rows:
        """Rows of a structure, described with what is known of its boundary."""
        return rows_of(identity, targets, self.excess)

    def prepare(self, structure: Atoms) -> Query:
        """Identity and graph of a structure.

        Raises:
            InputError: labels are missing or elements unknown.
        """
        identity = identity_of(structure)
        if not self.needs_structure(identity):
            return Query(identity)
        return Query(identity, self.graph(structure), self._bulk_of(identity))

    def graph(self, structure: Atoms) -> Graph:
        """A structure as the networks see it."""
        from argyro.surrogates.data.structure_graph import graph_of

        return graph_of(structure, self.excess, self.frozen)

    def predict(
        self,
        structures: Atoms | Query | Sequence[Atoms | Query],
        temperatures_K: Sequence[float],
        samples: int = 256,
        seed: int = 0,
        joint: bool = False,
    ) -> Prediction | list[Prediction]:
        """Posterior of the diffusivities at temperatures.

        Args:
            structures: one or several, as cells or as prepared queries.
            temperatures_K: nT temperatures.
            samples: how many posterior samples.
            seed: of the samples.
            joint: draw the samples of all structures together, with their correlations, as a ranking needs; cost
                grows with their number cubed.

        Returns:
            one prediction for one structure, a list for several.

        Raises:
            InputError: a temperature that is not positive, or a structure that cannot be described.
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

    def posterior(self, queries: Sequence[Query]) -> tuple[Rows, list[Posterior]]:
        """Rows of all queries one after the other, and their coefficients' joint posterior for each member."""
        return self._posterior(queries, self._means(queries))

    def save(self, directory: Path | str) -> None:
        """Write ``surrogate.json``, ``surrogate.safetensors`` and the model card ``README.md``."""
        from argyro.surrogates.models.files import save

        save(self, Path(directory))

    @staticmethod
    def load(directory: Path | str) -> Surrogate:
        """Read what `save` wrote."""
        from argyro.surrogates.models.files import load

        return load(Path(directory))

    def _means(self, queries: Sequence[Query]) -> list[np.ndarray]:
        """Mean coefficients (members, targets, 2) of each query before conditioning."""
        if self.ensemble is None:
            return [prior_means(len(query.targets), self.prior) for query in queries]
        rows = [self.rows(query.identity, query.targets) for query in queries]
        new = [q for q, query in enumerate(queries) if self.needs_structure(query.identity)]
        fresh = dict(zip(new, self._network([queries[q] for q in new]), strict=True))
        means = []
        for number, mine in enumerate(rows):
            pairs = zip(labels_of(mine), mine.targets, strict=True)
            choose = (self.known_means[t] if t in self.known_means else fresh[number][:, k] for t, k in pairs)
            means.append(np.stack(list(choose), axis=1))
        return means

    def _bulk_of(self, identity: Identity) -> np.ndarray | None:
        """See `Query`; None for the bulk itself and for one that was trained."""
        bulk = replace(identity, boundary="bulk")
        if bulk == identity or not self.needs_structure(bulk):
            return None
        return self._network([Query(bulk, self.graph(representative_cell(bulk)))])[0][:, 0]

    def _network(self, queries: Sequence[Query]) -> list[np.ndarray]:
        """Network coefficients (members, 3, 2) of each query."""
        if not queries:
            return []
        from argyro.surrogates.models.gnn_training import network_coefficients

        bare = [query.identity.key for query in queries if query.graph is None]
        if bare:
            raise InputError(f"{bare[0]} was not trained, so the graph networks need its structure", given=bare[0])
        graphs = [query.graph for query in queries]
        found = list(network_coefficients(self.ensemble, graphs, self.prior).swapaxes(0, 1))
        for query, coefficients in zip(queries, found, strict=True):
            if query.bulk is not None:
                coefficients[:, 0] = query.bulk
        return found

    def _posterior(self, queries: Sequence[Query], means: Sequence[np.ndarray]) -> tuple[Rows, list[Posterior]]:
        rows = Rows.join([self.rows(query.identity, query.targets) for query in queries])
        return rows, self.candidate.coefficients(rows, np.concatenate(means, axis=1))

    def draw(self, queries: Sequence[Query], samples: int, seed: int) -> list[np.ndarray]:
        """Draw coefficients of queries together, each (samples, targets, 2); they hold at every temperature.

        Args:
            queries: prepared queries.
            samples: how many.
            seed: of the samples.
        """
        return self._draw(queries, self._means(queries), samples, seed)

    def at(self, query: Query, drawn: np.ndarray, temperatures_K: Sequence[float]) -> Prediction:
        """Turn drawn coefficients of a query into diffusivities at temperatures.

        Raises:
            InputError: a temperature that is not positive.
        """
        if not np.all(np.asarray(temperatures_K, dtype=float) > 0):
            raise InputError(f"temperatures {list(temperatures_K)} K are not all positive", accepted="> 0 K")
        targets = [TARGETS.index(target) for target in query.targets]
        values = np.full((len(drawn), len(TARGETS), len(temperatures_K)), np.nan)
        barriers = np.full((len(drawn), len(TARGETS)), np.nan)
        values[:, targets] = np.exp(self.prior.log_diffusivity(drawn, np.asarray(temperatures_K, dtype=float)))
        barriers[:, targets] = drawn[:, :, 1]
        warnings = self.domain.warnings(query.identity, temperatures_K)
        return Prediction(tuple(map(float, temperatures_K)), values, barriers, self.width_nm, warnings)

    def _draw(self, queries: Sequence[Query], means: Sequence[np.ndarray], samples: int, seed: int) -> list[np.ndarray]:
        _, posteriors = self._posterior(queries, means)
        widen = widening(self.calibration, posteriors[0].new)
        drawn = draw([p.mean for p in posteriors], [p.covariance for p in posteriors], widen, samples, seed)
        return np.split(drawn, np.cumsum([len(query.targets) for query in queries])[:-1], axis=1)
