"""Data of the figures, stored with the results."""

from __future__ import annotations

from pydantic import ConfigDict

from argyro.campaigns.spec.material import Cell
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.platform.execution.stage import Contract


class TransportPoint(Contract):
    """Diffusivity of one target at one temperature.

    Args:
        target: bulk, parallel or perpendicular, or a direction of the whole cell.
        width_nm: boundary width.
        combined: value from all runs, in cm²/s.
        haven_ratio: Haven ratio of the bulk.
        between_cages_per_ns: jump rate between cages of the bulk.
    """

    target: str
    width_nm: float | None = None
    combined: Ensemble
    haven_ratio: Uncertain | None = None
    between_cages_per_ns: float | None = None

    @property
    def temperature_K(self) -> float:
        """Temperature of the runs."""
        return self.combined.temperature_K


class Law(Contract):
    """Arrhenius law; see `dynamics.diffusion.arrhenius_fit.Arrhenius`.

    Args:
        screening_temperature_K: screening temperature of the campaign.
        screening_cm2_s: diffusivity of the law at that temperature.
    """

    model_config = ConfigDict(extra="ignore")

    activation_energy_eV: Uncertain
    log_prefactor: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    temperatures_K: tuple[float, ...]
    left_out_K: tuple[float, ...]
    chi2_per_degree: float | None
    is_arrhenius: bool
    regimes: tuple[float, float, float] | None
    diffusivity_300K_cm2_s: Uncertain
    screening_temperature_K: float
    screening_cm2_s: Uncertain


class ParityPoint(Contract):
    """Prediction of the surrogate and the diffusivity of its training data."""

    cell: Cell
    target: str
    temperature_K: float
    measured_cm2_s: float
    measured_interval_cm2_s: Uncertain | None
    censored: bool
    predicted_cm2_s: Uncertain
    log10_error: float


class ConductivityCurve(Contract):
    """Conductivity over grain size at the screening temperature, in mS/cm."""

    label: str
    grain_sizes_nm: tuple[float, ...]
    conductivity: tuple[Uncertain, ...]


class ArrheniusCurve(Contract):
    """Diffusivity of the surrogate over temperature, in cm²/s."""

    label: str
    temperatures_K: tuple[float, ...]
    diffusivity: tuple[Uncertain, ...]
