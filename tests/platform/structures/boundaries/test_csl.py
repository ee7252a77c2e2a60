"""Coincidence geometry: comparison with pymatgen and with the definition."""

import numpy as np
import pytest
from pymatgen.core.interface import GrainBoundaryGenerator

from argyro.platform.common.errors import InputError
from argyro.platform.structures.boundaries.csl import AXES, list_boundaries, parse_boundary, sigmas
from argyro.platform.structures.boundaries.rigid_translations import shift_lattice, thickness_period
from argyro.platform.structures.boundaries.slabs import cut_slab, plane_spacing, terminations
from argyro.platform.structures.crystal.lattice_sites import ARMS

NAMED = ["sigma3(1-12)[110]", "sigma3(-111)[110]", "sigma5(001)[001]", "sigma5(021)[100]"]


def _is_lattice_vector(vector):
    doubled = 2 * vector
    return np.allclose(doubled, np.round(doubled), atol=1e-9) and round(doubled.sum()) % 2 == 0


@pytest.mark.parametrize("axis", AXES)
def test_sigmas_and_angles_agree_with_pymatgen(axis):
    theirs = GrainBoundaryGenerator.enum_sigma_cubic(12, axis)
    assert sigmas(axis) == sorted(theirs)
    for boundary in list_boundaries():
        if boundary.axis == axis:
            assert any(np.isclose(boundary.angle_deg, angle, atol=1e-3) for angle in theirs[boundary.sigma])


def test_the_boundaries_of_the_literature_are_listed():
    listed = [boundary.name for boundary in list_boundaries()]
    assert set(NAMED) <= set(listed) and len(listed) == len(set(listed))
    assert {boundary.sigma for boundary in list_boundaries()} == {3, 5, 7, 9, 11}


@pytest.mark.parametrize("name", [boundary.name for boundary in list_boundaries()])
def test_geometry_is_a_coincidence_boundary(name):
    boundary = parse_boundary(name)
    rotation = boundary.rotation
    assert np.allclose(rotation @ rotation.T, np.eye(3)) and np.linalg.det(rotation) == pytest.approx(1)
    assert np.allclose(rotation @ boundary.axis, boundary.axis)
    first, second = boundary.plane_vectors
    assert first @ second == 0 and first @ boundary.plane == 0 and second @ boundary.plane == 0
    for vector in (first, second):
        assert _is_lattice_vector(vector) and _is_lattice_vector(rotation.T @ vector)
    assert np.linalg.det(boundary.frame) == pytest.approx(1)
    assert np.allclose(boundary.frame @ boundary.plane, [0, 0, np.linalg.norm(boundary.plane)])


@pytest.mark.parametrize("name", NAMED)
def test_slabs_hold_every_unit_equally_often(name):
    boundary = parse_boundary(name)
    layers = thickness_period(boundary)
    area = np.prod(np.linalg.norm(boundary.plane_vectors, axis=1))
    expected = round(4 * area * layers * plane_spacing(boundary))
    for grain in (0, 1):
        for cut in terminations(boundary, grain):
            slab = cut_slab(boundary, grain, layers, cut, 1.0)
            assert len(slab.centres) == len(slab.free) == len(slab.pairs) / 6 == expected
            for reference in (slab.centres, slab.free.reshape(-1, 3), slab.pairs.mean(axis=1)):
                assert reference[:, 2].min() > -1e-6 and reference[:, 2].max() < slab.thickness_A - 1e-9


def test_tetrahedra_keep_their_handedness():
    """Check that a proper rotation keeps the sign of the triple product of three ordered arms."""
    for boundary in list_boundaries():
        for grain in (0, 1):
            arms = cut_slab(boundary, grain, 1, 0.1, 1.0).arms[0]
            assert np.linalg.det(arms[:3]) == pytest.approx(np.linalg.det(ARMS[:3]))


def test_shift_lattice_of_the_twist_is_five_times_finer():
    """Check that the shift lattice of Σ5 has a fifth of the cell area a²/2 of the two square lattices."""
    boundary = parse_boundary("sigma5(001)[001]")
    lattice = shift_lattice(boundary)
    area = np.prod(np.linalg.norm(boundary.plane_vectors, axis=1)) * lattice.along * lattice.across / lattice.whole**2
    assert area == pytest.approx(0.5 / 5)


def test_sides_differ_where_polar_axes_oppose():
    """Check two coherent twins: rotation about the normal keeps the polar axis, rotation about [110] reverses it."""
    assert parse_boundary("sigma3(111)[111]").sides_equal
    reversed_axis = parse_boundary("sigma3(-111)[110]")
    assert reversed_axis.is_polar and not reversed_axis.sides_equal
    assert reversed_axis.sides == ("(-111)|(1-11)", "(1-1-1)|(-11-1)")
    assert not parse_boundary("sigma5(001)[001]").is_polar


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sigma7(001)[001]", "use one of sigma5"),
        ("sigma3(111)", "nor a name of the form"),
        ("sigma3(117)[110]", "no rectangular coincidence cell"),
    ],
)
def test_unknown_boundaries_are_refused(name, message):
    with pytest.raises(InputError, match=message):
        parse_boundary(name)


def test_an_asymmetric_boundary_can_be_named_without_being_listed():
    assert parse_boundary("sigma5(010)[100]").kind == "tilt"
