"""Define the values that results store and pictures show."""

from __future__ import annotations

from pydantic import ConfigDict

from argyro.campaigns.spec.material import Cell
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.platform.execution.stage import Contract


class TransportPoint(Contract):
    """The diffusivity of one target at one temperature.

    Args:
        target: bulk, parallel or perpendicular, or those of the whole cell.
        width_nm: of the boundary.
        combined: from all runs, in cm²/s.
        haven_ratio: of the bulk.
        between_cages_per_ns: jumps of the bulk.
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
    """An Arrhenius law; see `dynamics.diffusion.arrhenius_fit.Arrhenius`.

    Args:
        screening_temperature_K: of the campaign.
        screening_cm2_s: the law there.
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
    """A prediction of the surrogate beside the diffusivity that it was trained on."""

    cell: Cell
    target: str
    temperature_K: float
    measured_cm2_s: float
    measured_interval_cm2_s: Uncertain | None
    censored: bool
    predicted_cm2_s: Uncertain
    log10_error: float


class ConductivityCurve(Contract):
    """Conductivity against grain size at the screening temperature, in mS/cm."""

    label: str
    grain_sizes_nm: tuple[float, ...]
    conductivity: tuple[Uncertain, ...]


class ArrheniusCurve(Contract):
    """The surrogate's diffusivity against temperature, in cm²/s."""

    label: str
    temperatures_K: tuple[float, ...]
    diffusivity: tuple[Uncertain, ...]
