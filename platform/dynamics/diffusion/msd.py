"""Mean-square displacement over all time origins, by FFT.

For one coordinate x_t, t = 0 … F-1, the average over origins of (x_{t+m} - x_t)² is (S1_m - 2 S2_m) / (F - m), with
S2_m = Σ_t x_t x_{t+m} the autocorrelation (Wiener-Khinchin: inverse transform of |FFT(x)|² of the zero-padded series)
and S1_m = Σ_t x_t² + x_{t+m}² from cumulative sums. Power spectra add up over ions: one inverse transform serves all.

Source: Calandrini, Pellegrini, Calligari, Hinsen, Kneller, Collection SFN 12, 201 (2011), section 3.2.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from argyro.platform.dynamics.trajectories.trajectory import Trajectory

AXES = {"x": 0, "y": 1, "z": 2}
CHUNK_BYTES = 16 << 20  # size of one block of zero-padded ions; fits the processor's cache
THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


@dataclass(frozen=True)
class MeanSquareDisplacement:
    """Mean products ⟨Δr_a Δr_b⟩ of displacements relative to the framework, for every lag.

    Args:
        lags_ps: (lags,) lags, from 0.
        tensor_A2: (lags, 3, 3) mean products of displacements.
        ions: number of averaged ions.
        steps: number of intervals in the trajectory, frames - 1.
    """

    lags_ps: np.ndarray
    tensor_A2: np.ndarray
    ions: int
    steps: int

    def along(self, axes: str = "xyz") -> np.ndarray:
        """Return the (lags,) mean-square displacement in Å², summed over the given axes."""
        return np.sum([self.tensor_A2[:, AXES[axis], AXES[axis]] for axis in axes], axis=0)


def mean_square_displacement(trajectory: Trajectory) -> MeanSquareDisplacement:
    """Compute the multi-origin MSD tensor for all lags, with the framework drift removed.

    Args:
        trajectory: any number of frames and ions; memory holds one block of ions.
    """
    frames, ions = trajectory.frames, trajectory.ions
    correlation = _Correlation(frames)
    block = max(1, CHUNK_BYTES // (correlation.length * 3 * 8))
    for positions in trajectory.blocks(block):
        correlation.add(positions)
    lags_ps = np.arange(frames) * trajectory.interval_ps
    return MeanSquareDisplacement(lags_ps, correlation.tensor() / ions, ions, frames - 1)


def collective_displacement(trajectory: Trajectory) -> MeanSquareDisplacement:
    """Compute the multi-origin mean square of the summed displacement of all ions, ⟨ΔR_a ΔR_b⟩ / N."""
    total = sum(positions.sum(axis=1) for positions in trajectory.blocks(1024))
    correlation = _Correlation(trajectory.frames)
    correlation.add(np.asarray(total)[:, None, :])
    lags_ps = np.arange(trajectory.frames) * trajectory.interval_ps
    return MeanSquareDisplacement(lags_ps, correlation.tensor() / trajectory.ions, 1, trajectory.frames - 1)


class _Correlation:
    """Sums of spectra and of products over ions, which give the displacement tensor."""

    def __init__(self, frames: int):
        from scipy.fft import next_fast_len

        self.frames, self.length = frames, next_fast_len(2 * frames, real=True)
        self.spectra = np.zeros((3, 3, self.length // 2 + 1))
        self.products = np.zeros((3, 3, frames))

    def add(self, positions: np.ndarray) -> None:
        """Add (frames, ions, 3) positions."""
        from scipy.fft import rfft

        series = np.ascontiguousarray((positions - positions.mean(axis=0)).transpose(2, 1, 0))
        # With real and imaginary parts side by side, Re(F_a F_b*) is the sum of two products.
        spectra = rfft(series, n=self.length, axis=-1, workers=THREADS).view(float)
        for a in range(3):
            for b in range(a, 3):
                self.spectra[a, b] += np.einsum("nk,nk->k", spectra[a], spectra[b]).reshape(-1, 2).sum(axis=1)
                self.products[a, b] += np.einsum("nt,nt->t", series[a], series[b])

    def tensor(self) -> np.ndarray:
        """Return the (lags, 3, 3) mean products of displacements, summed over ions."""
        from scipy.fft import irfft

        result = np.zeros((self.frames, 3, 3))
        counts = self.frames - np.arange(self.frames)
        for a in range(3):
            for b in range(a, 3):
                correlation = irfft(self.spectra[a, b], n=self.length)[: self.frames]
                total = np.concatenate([[0.0], np.cumsum(self.products[a, b])])
                ends = total[counts] + total[-1] - total[self.frames - counts]
                result[:, a, b] = result[:, b, a] = (ends - 2 * correlation) / counts
        result[0] = 0.0  # removes the rounding error of the difference above
        return result


def squared_displacement_moments(trajectory: Trajectory, lag_steps: np.ndarray, samples: int = 300_000) -> np.ndarray:
    """Compute ⟨Δr_a² Δr_b²⟩ at some lags, for the variance of the squared displacement along any axes.

    Args:
        trajectory: the run.
        lag_steps: (k,) lags in intervals, each at least 1.
        samples: largest number of displacements per lag; 300 000 give the variance to 1 %.

    Returns:
        (k, 3, 3) moments in Å⁴.
    """
    moments, counts = np.zeros((len(lag_steps), 3, 3)), np.zeros(len(lag_steps))
    stride = max(1, trajectory.frames * trajectory.ions // samples)
    block = max(1, CHUNK_BYTES // (trajectory.frames * 3 * 8))
    for number, positions in enumerate(trajectory.blocks(block)):
        for i, lag in enumerate(lag_steps):
            first = number % min(stride, trajectory.frames - lag)  # blocks use different origins
            origins = positions[first : trajectory.frames - lag : stride]
            squares = ((positions[first + lag :: stride] - origins) ** 2).reshape(-1, 3)
            moments[i] += squares.T @ squares
            counts[i] += len(squares)
    return moments / counts[:, None, None]
