"""Types of the compiled module; its sources are kernel/binding.cpp and the files it includes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

MAX_NEIGHBOURS: int

class Parameters:
    def __init__(self) -> None: ...
    species_count: int
    radial_functions: int
    radial_size: int
    scaling: float
    min_dist_A: float
    cutoff_A: float
    moments_count: int
    species: list[str]
    zbl_outer_A: list[float]
    potential_name: str
    potential_tag: str
    trained: bool
    basic: np.ndarray
    times: np.ndarray
    scalar_moments: np.ndarray
    radial: np.ndarray
    species_energies: np.ndarray
    coefficients: np.ndarray

class Potential:
    def __init__(self, parameters: Parameters) -> None: ...
    @property
    def parameters(self) -> Parameters: ...
    def set_coefficients(self, radial: ArrayLike, species: ArrayLike, coefficients: ArrayLike) -> None: ...
    def compute(
        self, frame: Frame, forces: bool = True, basis: bool = False, threads: int = 0, mixed: bool = False
    ) -> dict[str, Any]: ...
    def operations(self) -> dict[str, int]: ...

class Frame:
    def __init__(
        self, potential: Potential, positions: ArrayLike, cell: ArrayLike, pbc: ArrayLike, types: ArrayLike
    ) -> None: ...
    @property
    def pairs(self) -> int: ...
    @property
    def offsets(self) -> np.ndarray: ...
    @property
    def indices(self) -> np.ndarray: ...
    @property
    def shortest_A(self) -> np.ndarray: ...
    @property
    def vectors(self) -> np.ndarray: ...

class LabelledFrame:
    def __init__(
        self,
        frame: Frame,
        energy: float,
        forces: ArrayLike,
        stress: Sequence[float],
        energy_weight: float,
        stress_weight: float,
        force_weights: ArrayLike,
    ) -> None: ...

def loss_and_gradient(
    potential: Potential, frames: Sequence[LabelledFrame], gradient: bool = True, threads: int = 0
) -> dict[str, Any]: ...
def site_gradients(potential: Potential, frame: Frame, threads: int = 0) -> np.ndarray: ...
def sketch_residuals(
    potential: Potential, frames: Sequence[LabelledFrame], samples: int, seed: int = 0, threads: int = 0
) -> np.ndarray: ...
def normal_equations(
    parameters: Parameters, frames: Sequence[LabelledFrame], threads: int = 0
) -> tuple[np.ndarray, np.ndarray]: ...
def read_mtp(path: str) -> Parameters: ...
def instruction_set() -> str: ...
