"""Checks that stop a run with unphysical temperature, volume, energy or PS4 tetrahedra."""

from __future__ import annotations

from collections import deque

import numpy as np

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.units import BOLTZMANN_EV_K

HOT_FACTOR = 3.0  # largest instantaneous temperature over the target
MEAN_TOLERANCE = 0.3  # relative deviation of the mean temperature over the last frames
VOLUME_RANGE = (0.5, 2.0)  # instantaneous volume over the initial one; a barostat overshoots at first
MEAN_VOLUME_RANGE = (0.75, 1.35)  # mean volume over the last frames, over the initial volume
FRAMES = 20
# Limit on the fall below the highest mean energy so far. Ordering and boundary annealing release less than
# 0.03 eV/atom. A cell in an untrained region of its potential was 0.11 eV/atom too low and continued to run.
ENERGY_FALL_eV_ATOM = 0.05
FLUCTUATION = 3.0  # deviations up to this many standard deviations of the mean are fluctuations


class RunStoppedError(ArgyroError):
    """A molecular dynamics run stopped by a check or by LAMMPS; the message gives the reason."""


class PotentialFailedError(RunStoppedError):
    """A run stopped because its potential extrapolates or gives unphysical states."""

    repeats = True


class Watch:
    """Checks of every thermodynamic line: finite energy, temperature, volume, mean energy, PS4 tetrahedra.

    Args:
        temperature_K: target temperature.
        volume_A3: initial volume.
        atoms: number N of atoms, which sets the fluctuations of temperature, σ_T / T = √(2 / 3N), and of energy,
            σ_E = kT √(3N / 2).
    """

    def __init__(self, temperature_K: float, volume_A3: float, atoms: int):
        self.temperature_K, self.volume_A3 = temperature_K, volume_A3
        self.tolerance = MEAN_TOLERANCE + 3 * float(np.sqrt(2 / (3 * atoms * FRAMES)))
        self._temperatures: deque[float] = deque(maxlen=FRAMES)
        self._volumes: deque[float] = deque(maxlen=FRAMES)
        self._energies: deque[float] = deque(maxlen=FRAMES)
        self._highest_eV = -np.inf
        noise_eV = FLUCTUATION * BOLTZMANN_EV_K * temperature_K * float(np.sqrt(1.5 * atoms / FRAMES))
        self.fall_eV = ENERGY_FALL_eV_ATOM * atoms + noise_eV
        self._broken = 0

    def look(self, row: dict[str, float]) -> None:
        """Check one thermodynamic line.

        Raises:
            PotentialFailedError: a check failed; the message gives the reason.
        """
        at = f"at step {int(row['Step'])}"
        if not all(np.isfinite(value) for value in row.values()):
            raise PotentialFailedError(
                f"the energy is not a number {at}: the potential has failed; extend its training set"
            )
        self._look_at_temperature(row["Temp"], at)
        self._look_at_volume(row["Volume"] / self.volume_A3, at)
        if "PotEng" in row:
            self._look_at_energy(row["PotEng"], at)
        # A single stretched bond is a vibration; a tetrahedron open for many frames has reacted.
        self._broken = self._broken + 1 if row.get("c_fewest", 4.0) < 4 else 0
        if self._broken > FRAMES:
            raise PotentialFailedError(
                f"a tetrahedron has lost a chalcogen {at}; lower the temperature or extend the training set"
            )

    def _look_at_energy(self, energy_eV: float, at: str) -> None:
        self._energies.append(energy_eV)
        if len(self._energies) < FRAMES:
            return
        mean = float(np.mean(self._energies))
        self._highest_eV = max(self._highest_eV, mean)
        if self._highest_eV - mean > self.fall_eV:
            raise PotentialFailedError(
                f"the mean energy fell by {self._highest_eV - mean:.2f} eV {at}, more than {self.fall_eV:.2f} eV: "
                "the run entered an untrained region of the potential; extend its training set"
            )

    def _look_at_volume(self, ratio: float, at: str) -> None:
        self._volumes.append(ratio)
        mean, settled = float(np.mean(self._volumes)), len(self._volumes) == FRAMES
        if not VOLUME_RANGE[0] < ratio < VOLUME_RANGE[1]:
            raise PotentialFailedError(
                f"the volume is {ratio:.2f} of the initial one {at}: the cell evaporated or collapsed"
            )
        if settled and not MEAN_VOLUME_RANGE[0] < mean < MEAN_VOLUME_RANGE[1]:
            raise PotentialFailedError(
                f"the mean volume is {mean:.2f} of the initial one {at}: the cell melted or collapsed"
            )

    def _look_at_temperature(self, value: float, at: str) -> None:
        self._temperatures.append(value)
        if value > HOT_FACTOR * self.temperature_K:
            raise PotentialFailedError(f"the temperature is {value:.0f} K instead of {self.temperature_K:g} K {at}")
        mean = float(np.mean(self._temperatures))
        if len(self._temperatures) == FRAMES and abs(mean / self.temperature_K - 1) > self.tolerance:
            raise PotentialFailedError(
                f"the mean temperature is {mean:.0f} K instead of {self.temperature_K:g} K {at}; check the potential"
            )
