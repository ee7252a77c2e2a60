"""Reduced basis of the collapsed-interface form with upper and lower bounds."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from argyro.platform.continuum.interface_fem.affine_system import (
    DIRECT_FLOOR,
    REDUCED_FLOOR,
    CollapsedForm,
    affine_factors,
    collapsed_form,
)
from argyro.platform.continuum.interface_fem.coefficients import Coefficients, coefficients
from argyro.platform.continuum.interface_fem.equilibrated_flux import (
    Fluxes,
    complementary_factors,
    complementary_terms,
    width_nodes,
)
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.execution.atomic_files import replacing

FORMAT = 3
# Parameter range of the standard basis: both diffusivity ratios and w/d.
RATIOS = (1e-4, 1e4)
WIDTHS = (1e-4, 0.1)
TRAINING_POINTS = 1024
# Greedy tolerance on the training points; other points then stay below 1e-3.
TOLERANCE = 5e-4
# The basis size is rounded up to a multiple of this number while it grows, which limits the number of shapes.
PADDING = 12
MOST_MODES = 150
# Snapshot combinations with a smaller relative energy are rounding errors.
LEAST_ENERGY = 1e-12


@dataclass(frozen=True)
class ReducedModel:
    """Affine matrices that solve any query on one mesh.

    Args:
        primal: (2 + 2 classes + sets, n, n), form on the basis of concentrations.
        primal_load: (2 + 2 classes + sets, n, 3).
        constant: (2 + 2 classes + sets, 3, 3).
        dual: (terms, n, n), complementary energy on the basis of equilibrated fluxes.
        dual_load: (n, 3).
        nodes: width nodes of the dual.
        modes: basis size before padding.
        worst: largest bound on the training points.
        mesh_hash: hash of the mesh.
    """

    primal: np.ndarray
    primal_load: np.ndarray
    constant: np.ndarray
    dual: np.ndarray
    dual_load: np.ndarray
    nodes: np.ndarray
    modes: int
    worst: float
    mesh_hash: str

    def factors(self, theta: Coefficients) -> tuple[np.ndarray, np.ndarray]:
        """Return the factors of the primal and of the dual terms."""
        return affine_factors(theta, REDUCED_FLOOR), complementary_factors(theta, self.nodes)

    def covers(self, theta: Coefficients) -> np.ndarray:
        """Return a mask (q,) of the widths inside the interpolation range of the dual; other widths have no bound."""
        return theta.width <= (self.nodes.min() + self.nodes.max()) * (1 + 1e-9)

    def save(self, path: Path) -> None:
        """Write one .npz file by renaming, so that two processes can write at the same time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, shared=True) as part, part.open("wb") as file:
            np.savez(file, format=FORMAT, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> ReducedModel:
        """Read a file of `save`."""
        with np.load(path, allow_pickle=False) as data:
            arrays = {field.name: data[field.name] for field in fields(cls)}
        scalars = {
            "modes": int(arrays["modes"]),
            "worst": float(arrays["worst"]),
            "mesh_hash": str(arrays["mesh_hash"]),
        }
        return cls(**(arrays | scalars))


def standard_training(mesh: Mesh, seed: int = 0) -> Coefficients:
    """Draw log-uniform points of the box RATIOS × RATIOS × WIDTHS, after the homogeneous medium and the corners."""
    classes = mesh.classes
    low, high = np.log10(RATIOS)
    generator = np.random.default_rng(seed)
    exponents = generator.uniform(low, high, (TRAINING_POINTS, 2 * classes))
    thin, thick = np.log10(WIDTHS)
    widths = generator.uniform(thin, thick, TRAINING_POINTS)
    corners = np.stack(np.meshgrid([low, high], [low, high], [thin, thick], indexing="ij"), -1).reshape(-1, 3)
    exponents = np.concatenate([np.repeat(corners[:, :2], classes, axis=1), exponents])
    exponents = np.concatenate([np.zeros((1, 2 * classes)), exponents])
    widths = mesh.grain_size * 10 ** np.concatenate([[thick], corners[:, 2], widths])
    return coefficients(mesh, 10 ** exponents[:, :classes], 10 ** exponents[:, classes:], widths)


def build_reduced(mesh: Mesh, training: Coefficients | None = None, tolerance: float = TOLERANCE) -> ReducedModel:
    """Build a greedy reduced basis: add solutions at the largest bound until all training points meet the tolerance.

    The upper bound is the Galerkin solution on the snapshot concentrations. The lower bound is the complementary energy
    on the snapshot fluxes.

    Args:
        mesh: mesh of the polycrystal.
        training: training points; the standard box if None.
        tolerance: largest bound on all training points.

    Source: Rozza, Huynh, Patera, Arch. Comput. Methods Eng. 15, 229 (2008); bounds: Prager, Synge, Q. Appl. Math.
        5, 241 (1947).
    """
    from argyro.platform.continuum.reduced.online import evaluate

    training = standard_training(mesh) if training is None else training
    snapshots = _Snapshots(collapsed_form(mesh), width_nodes(max(training.width.max(), WIDTHS[1] * mesh.grain_size)))
    chosen: list[int] = []
    worst = 0
    while worst not in chosen and 3 * len(chosen) < MOST_MODES:
        chosen.append(worst)
        snapshots.add(training[worst : worst + 1])
        bounds = evaluate(snapshots.model(PADDING), training)[1]
        worst = int(np.argmax(bounds))
        if bounds[worst] <= tolerance:
            break
    return replace(snapshots.model(padding=1), worst=float(bounds[worst]))


def reduced_model(mesh: Mesh, cache: Path | None = None) -> ReducedModel:
    """Return the standard reduced model of a mesh; build it once per process or once per cache folder."""
    path = None if cache is None else Path(cache) / f"reduced-{FORMAT}-{mesh.hash}.npz"
    if mesh.hash not in _models:
        _models[mesh.hash] = ReducedModel.load(path) if path is not None and path.exists() else build_reduced(mesh)
    if path is not None and not path.exists():
        _models[mesh.hash].save(path)
    return _models[mesh.hash]


_models: dict[str, ReducedModel] = {}


class _Snapshots:
    """Concentrations and fluxes of the solved training points."""

    def __init__(self, form: CollapsedForm, nodes: np.ndarray):
        self.form, self.nodes = form, nodes
        self.concentrations = np.zeros((form.strains.unknowns, 0))
        self.fluxes: Fluxes | None = None
        self._matrices = [term.stiffness for term in form.terms]

    def add(self, theta: Coefficients) -> None:
        solution = self.form.solve(theta)
        # Scale load cases to unit energy for any contrast.
        scale = np.diag(1 / np.sqrt(np.diag(solution.tensor)))
        # Extrapolate to zero resistance: a jump of the order of DIRECT_FLOOR has a large energy at REDUCED_FLOOR.
        extrapolated = 2 * solution.unknowns - self.form.solve(theta, 2 * DIRECT_FLOOR).unknowns
        self.concentrations = np.hstack([self.concentrations, extrapolated @ scale])
        fluxes = Fluxes.of(self.form, theta, solution) @ scale
        self.fluxes = fluxes if self.fluxes is None else self.fluxes.joined(fluxes)

    def model(self, padding: int) -> ReducedModel:
        form = self.form
        assert self.fluxes is not None, "a model needs snapshots; call add first"
        reference = _balanced(form.mesh.classes, len(form.terms))
        # Combine the columns, not their Gram matrices, to keep the digits of combinations with a small flux.
        gram = self.concentrations.T @ (
            sum(f * m for f, m in zip(reference, self._matrices, strict=True)) @ self.concentrations
        )
        concentrations = self.concentrations @ _orthonormal(gram)
        primal = np.stack([concentrations.T @ (matrix @ concentrations) for matrix in self._matrices])
        loads = np.stack([concentrations.T @ load for load in form.loads])
        inner = np.concatenate([[1.0], np.full(len(self.nodes), 1 / len(self.nodes)), 1 / reference[2:]])
        gram = np.tensordot(inner, complementary_terms(form, self.fluxes, self.nodes)[0], 1)
        dual, dual_load = complementary_terms(form, self.fluxes @ _orthonormal(gram), self.nodes)
        size = -(-max(primal.shape[1], dual.shape[1]) // padding) * padding
        return ReducedModel(
            _padded(primal, size),
            np.pad(loads, ((0, 0), (0, size - loads.shape[1]), (0, 0))),
            form.constants,
            _padded(dual, size),
            np.pad(dual_load, ((0, size - len(dual_load)), (0, 0))),
            self.nodes,
            self.concentrations.shape[1],
            np.inf,
            form.mesh.hash,
        )


def _balanced(classes: int, terms: int) -> np.ndarray:
    """Return factors that weigh grains, planes and resistances equally; they define the metric of orthonormal bases."""
    return np.concatenate([[1.0, 0.0], np.full(classes, 0.1), np.full(terms - 2 - classes, 10.0)])


def _orthonormal(gram: np.ndarray) -> np.ndarray:
    """Return combinations (k, n <= k) orthonormal in a Gram matrix, without those of negligible energy."""
    energies, vectors = np.linalg.eigh(gram)
    kept = energies > LEAST_ENERGY * energies.max()
    return vectors[:, kept] / np.sqrt(energies[kept])


def _padded(terms: np.ndarray, size: int) -> np.ndarray:
    """Enlarge square matrices by uncoupled unknowns with unit diagonal in the first term."""
    count = terms.shape[1]
    padded = np.pad(terms, ((0, 0), (0, size - count), (0, size - count)))
    padded[0, range(count, size), range(count, size)] = 1.0
    return padded
