"""Result of training: posterior, networks, domain and report."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.reference_discrepancy import Discrepancy
from argyro.surrogates.models.applicability_domain import Domain
from argyro.surrogates.models.candidates import Candidate
from argyro.surrogates.models.network_weights import NetworkWeights


@dataclass(frozen=True)
class Fitted:
    """Result of training; see `train_surrogate`.

    Args:
        candidate: the model with the best held-out log density.
        ensemble: its graph networks; None without networks.
        known_means: network coefficients (members, 2) of the training structures, by key and target.
        calibration: conformal factor on the intervals of new structures.
        domain: range of the training data.
        width_nm: reference width of the boundary diffusivities.
        excess: energy and volume of the simulated boundaries.
        report: accuracy of all candidates and their training data.
        prior: of the Arrhenius coefficients.
        discrepancy: prior of the bias of the reference.
        frozen: foundation-model descriptors among the networks' features; None without.
    """

    candidate: Candidate
    ensemble: NetworkWeights | None
    known_means: dict[str, np.ndarray]
    calibration: float
    domain: Domain
    width_nm: float | None
    excess: BoundaryExcess
    report: dict = field(default_factory=dict)
    prior: ArrheniusPrior = field(default_factory=ArrheniusPrior)
    discrepancy: Discrepancy = field(default_factory=Discrepancy)
    frozen: FrozenDescriptors | None = None

    @property
    def members(self) -> int:
        """Count the networks of the ensemble; without networks one, the prior's mean."""
        return 1 if self.ensemble is None else self.ensemble.members
