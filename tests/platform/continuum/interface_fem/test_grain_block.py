"""Grain part of the form: comparison with a second implementation and a manufactured solution."""

import numpy as np
import pytest
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from argyro.platform.continuum.interface_fem.jaxfem import element_gradients
from argyro.platform.continuum.interface_fem.strain_operators import collapsed_strains
from argyro.platform.continuum.mesh.refinement import refine_tetrahedra

CUBE = np.stack(np.meshgrid([0.0, 1.0], [0.0, 1.0], [0.0, 1.0], indexing="ij"), -1).reshape(-1, 3)
KUHN = np.array([[0, 4, 6, 7], [0, 6, 2, 7], [0, 2, 3, 7], [0, 3, 1, 7], [0, 1, 5, 7], [0, 5, 4, 7]])


def test_stiffness_equals_that_of_scikit_fem(small_mesh):
    skfem = pytest.importorskip("skfem")
    from skfem.models.poisson import laplace

    basis = skfem.Basis(skfem.MeshTet(small_mesh.points.T.copy(), small_mesh.tets.T.copy()), skfem.ElementTetP1())
    ours = collapsed_strains(small_mesh).grain.stiffness
    nodes = len(small_mesh.points)
    difference = ours[:nodes, :nodes] - laplace.assemble(basis)
    assert abs(difference).max() < 1e-9 * abs(ours).max()


def test_a_manufactured_solution_converges_with_the_square_of_the_mesh():
    """Solve -Δu = f with u = sin πx sin πy sin πz, zero on the faces of a cubic grain."""
    points, tets, errors = CUBE, KUHN, []
    for level in range(4):
        points, tets, _ = refine_tetrahedra(points, tets)
        if level == 0:
            continue
        corner = points[tets]
        negative = np.linalg.det(corner[:, 1:] - corner[:, :1]) < 0
        tets[negative, 2], tets[negative, 3] = tets[negative, 3], tets[negative, 2].copy()
        gradient, weight = element_gradients(points, tets, "TET4")
        blocks = np.einsum("tqai,tqbi,tq->tab", gradient, gradient, weight)
        size = len(points)
        rows, columns = np.repeat(tets, 4, axis=1).ravel(), np.tile(tets, (1, 4)).ravel()
        stiffness = csc_array((blocks.ravel(), (rows, columns)), shape=(size, size))
        exact = np.sin(np.pi * points).prod(1)
        load = np.zeros(size)
        volume = weight.sum(1)
        mass = (np.ones((4, 4)) + np.eye(4)) / 20
        np.add.at(load, tets, 3 * np.pi**2 * (volume[:, None] * (exact[tets] @ mass)))
        inner = np.flatnonzero(((points > 1e-9) & (points < 1 - 1e-9)).all(1))
        found = splu(stiffness[inner][:, inner].tocsc()).solve(load[inner])
        errors.append(np.sqrt(((found - exact[inner]) ** 2).mean()))
    assert errors[0] / errors[1] > 3.0
    assert errors[1] / errors[2] > 3.3
