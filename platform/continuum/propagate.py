"""Propagation of grain and boundary posterior samples to the polycrystal's diffusivity and conductivity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.input_checks import WIDEST_COLLAPSED, Queries
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.mesh_error import mesh_error
from argyro.platform.continuum.voxel_interpolation import surface_through_voxels


@dataclass(frozen=True)
class Propagated:
    """Effective diffusivity (s, temperatures, sizes) of every posterior sample, with its sources of spread.

    Args:
        samples_cm2_s: (s, t, d), each sample on one polycrystal drawn at random.
        temperatures_K: (t,).
        grain_sizes_nm: (d,).
        basis_error: largest certified error of all samples against the solution on the mesh.
        microstructure_scatter: (t, d), standard deviation over polycrystals of ln D_eff at the median sample.
        mesh_error: largest estimated error of the mesh against the continuum, at the median samples.
    """

    samples_cm2_s: np.ndarray
    temperatures_K: np.ndarray
    grain_sizes_nm: np.ndarray
    basis_error: float
    microstructure_scatter: np.ndarray
    mesh_error: float = 0.0

    def effective_cm2_s(self, temperature: int = 0, size: int = 0) -> Uncertain:
        """Return median and 95 % interval at one temperature and grain size, given by their indices."""
        return Uncertain.from_samples(self.samples_cm2_s[:, temperature, size])

    def conductivity_S_cm(self, li_per_A3: float, temperature: int = 0, size: int = 0) -> Uncertain:
        """Return the Nernst-Einstein conductivity with a Haven ratio of one, σ = n e² D / (k T)."""
        kelvin = float(self.temperatures_K[temperature])
        return conductivity_S_cm(self.effective_cm2_s(temperature, size), li_per_A3, kelvin)


def propagate(
    meshes: Sequence[Mesh],
    d_bulk_cm2_s: np.ndarray,
    d_parallel_cm2_s: np.ndarray,
    d_perpendicular_cm2_s: np.ndarray,
    width_nm: float,
    grain_sizes_nm: Sequence[float],
    temperatures_K: Sequence[float],
    seed: int = 0,
    errors: bool = True,
) -> Propagated:
    """Compute the map D_eff(T, d) of every posterior sample.

    Args:
        meshes: polycrystals to average over, with the same number of GB classes.
        d_bulk_cm2_s: (s, t) samples at each temperature.
        d_parallel_cm2_s: (s, t), or (s, t, classes).
        d_perpendicular_cm2_s: (s, t), or (s, t, classes).
        width_nm: GB width.
        grain_sizes_nm: (d,).
        temperatures_K: (t,).
        seed: random seed of the choice of polycrystals.
        errors: whether to estimate mesh error and scatter of the polycrystals, which takes longer than the map; zero
            without.

    Raises:
        InputError: shapes differ, or as in `effective_diffusivity`.
    """
    bulk, sizes = np.asarray(d_bulk_cm2_s, dtype=float), np.asarray(grain_sizes_nm, dtype=float)
    kelvins = np.asarray(temperatures_K, dtype=float)
    if not meshes or bulk.ndim != 2 or bulk.shape[1] != len(kelvins):
        raise InputError(
            f"bulk samples have shape {bulk.shape} for {len(kelvins)} temperatures and {len(meshes)} polycrystals;"
            " give (samples, temperatures) and at least one polycrystal"
        )
    named = (("d_parallel_cm2_s", d_parallel_cm2_s), ("d_perpendicular_cm2_s", d_perpendicular_cm2_s))
    along, across = (_with_classes(name, x, bulk.shape) for name, x in named)
    chosen = np.random.default_rng(seed).integers(len(meshes), size=len(bulk))
    samples = np.empty((*bulk.shape, len(sizes)))
    bounds = []
    for number, mesh in enumerate(meshes):
        mine = chosen == number
        samples[mine], bound = _on_grid(mesh, bulk[mine], along[mine], across[mine], width_nm, sizes)
        bounds.append(bound)
    bulk, along, across = (np.median(x, axis=0, keepdims=True) for x in (bulk, along, across))
    scatter = np.zeros(samples.shape[1:])
    if errors and len(meshes) > 1:
        means = np.stack([_on_grid(mesh, bulk, along, across, width_nm, sizes)[0][0] for mesh in meshes])
        scatter = np.log(means).std(axis=0, ddof=1)
    error = _mesh_error(meshes[0], bulk[0], along[0], across[0], width_nm, sizes) if errors else 0.0
    return Propagated(samples, kelvins, sizes, float(max(bounds)), scatter, error)


def _mesh_error(
    mesh: Mesh, bulk: np.ndarray, along: np.ndarray, across: np.ndarray, width_nm: float, sizes: np.ndarray
) -> float:
    """Estimate the mesh error of medians (t,) and (t, classes) at the smallest grain size of a thin boundary."""
    thin = sizes[width_nm / sizes <= WIDEST_COLLAPSED]
    return mesh_error(mesh, Queries.of(mesh, bulk, along, across, width_nm, thin.min())) if thin.size else 0.0


def _with_classes(name: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the values as (s, t, classes)."""
    array = np.asarray(values, dtype=float)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[:2] != shape:
        message = (
            f"{name} has shape {array.shape}, bulk samples {shape}; give the same shape, or one more axis of GB classes"
        )
        raise InputError(message)
    return array


def _on_grid(
    mesh: Mesh,
    bulk: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    width_nm: float,
    sizes: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return the means (s, t, d) and the largest error bound."""
    means, bounds = np.empty((*bulk.shape, len(sizes))), [0.0]
    wide = width_nm / sizes > WIDEST_COLLAPSED
    if not bulk.size:
        return means, 0.0
    if not wide.all():
        means[:, :, ~wide], bound = _collapsed_grid(mesh, bulk, along, across, width_nm, sizes[~wide])
        bounds.append(bound)
    for size in np.flatnonzero(wide):
        for t in range(bulk.shape[1]):
            query = (bulk[:, t], along[:, t], across[:, t], width_nm, float(sizes[size]))
            means[:, t, size], bound = surface_through_voxels(mesh, *query)
            bounds.append(bound)
    return means, max(bounds)


def _collapsed_grid(
    mesh: Mesh,
    bulk: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    width_nm: float,
    sizes: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return the result of `_on_grid` for thin boundaries."""
    count = len(sizes)
    batch = homogenize_batch(
        mesh,
        np.repeat(bulk.ravel(), count),
        np.repeat(along.reshape(-1, along.shape[2]), count, axis=0),
        np.repeat(across.reshape(-1, across.shape[2]), count, axis=0),
        width_nm,
        np.tile(sizes, bulk.size),
    )
    return batch.mean_cm2_s.reshape(*bulk.shape, count), float(batch.basis_error.max())
