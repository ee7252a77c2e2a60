"""Analytic oracles of the collapsed-interface element."""

import numpy as np
import pytest

from argyro.platform.continuum.homogenize import effective_diffusivity, homogenize_batch

GEOMETRY = (6 / np.pi) ** (1 / 3)  # equivalent diameter over (V/N)^(1/3)


def tensor(on_mesh, parallel, perpendicular, width_over_size, bulk=1.0):
    return effective_diffusivity(
        on_mesh, bulk, parallel, perpendicular, width_over_size, 1.0, method="direct"
    ).tensor_cm2_s


@pytest.mark.parametrize("method", ["direct", "reduced", "voxel"])
def test_a_boundary_like_the_bulk_changes_nothing(small_mesh, method):
    widths = np.array([0.3, 0.2]) if method == "voxel" else np.array([0.1, 0.05, 1e-3, 1e-5])
    found = homogenize_batch(small_mesh, 2.0, 2.0, 2.0, widths, 1.0, method).tensor_cm2_s
    np.testing.assert_allclose(found, np.broadcast_to(2 * np.eye(3), found.shape), atol=2e-9)


def test_two_classes_like_the_bulk_change_nothing(small_mesh):
    split = small_mesh.with_classes(small_mesh.boundary_facet % 2)
    np.testing.assert_allclose(tensor(split, [1.0, 1.0], [1.0, 1.0], 0.05), np.eye(3), atol=1e-9)


def test_near_the_bulk_the_change_is_that_of_a_dilute_coating(small_mesh):
    """First order in the contrast: D_eff - D_b = share [2 (D_par - D_b) + D_b² (1/D_b - 1/D_perp)] / 3."""
    width, contrast = 0.02, 0.999
    share = width * small_mesh.grain_size * small_mesh.areas.sum()
    mean = np.trace(tensor(small_mesh, contrast, contrast, width)) / 3
    assert mean - 1 == pytest.approx(share * (contrast - 1), rel=0.02)


@pytest.mark.parametrize("contrast", [100.0, 30.0, 0.2, 1e-3])
def test_along_layers_the_arithmetic_mean(brick_mesh, contrast):
    width = 0.02  # in periods; the period has two boundaries normal to z
    found = tensor(brick_mesh, [contrast, 1.0], [contrast, 1.0], width / brick_mesh.grain_size)
    np.testing.assert_allclose(np.diag(found)[:2], 1 - 2 * width + 2 * width * contrast, rtol=1e-4)
    np.testing.assert_allclose(found - np.diag(np.diag(found)), 0, atol=1e-9)


@pytest.mark.parametrize("perpendicular", [1e-5, 1e-3, 0.1])
def test_across_layers_the_harmonic_mean(brick_mesh, perpendicular):
    # Boundaries normal to x and y must not short-circuit the layers: they do not conduct.
    width = 1e-4
    found = tensor(brick_mesh, [1.0, 1e-8], [perpendicular, 1.0], width / brick_mesh.grain_size)
    assert found[2, 2] == pytest.approx(1 / (1 + 2 * width * (1 / perpendicular - 1)), rel=3e-4)


def test_bounds_of_voigt_reuss_and_hashin_shtrikman(polycrystal_mesh):
    m, width = polycrystal_mesh, 0.01
    for contrast in (10.0, 100.0, 0.1, 0.01):
        share = width * m.grain_size * m.areas.sum()  # volume fraction, to first order in w
        mean = np.trace(tensor(m, contrast, contrast, width)) / 3
        voigt, reuss = 1 + share * (contrast - 1), 1 / (1 + share * (1 / contrast - 1))
        assert reuss * (1 - 1e-3) <= mean <= voigt * (1 + 1e-3)
        # Hashin, Shtrikman, J. Appl. Phys. 33, 3125 (1962), for grains coated by the boundary phase
        coated = contrast + (1 - share) / (1 / (1 - contrast) + share / (3 * contrast))
        cored = 1 + share / (1 / (contrast - 1) + (1 - share) / 3)
        low, high = sorted((coated, cored))
        assert low * (1 - 5e-3) <= mean <= high * (1 + 5e-3)


@pytest.mark.parametrize("fast", [1e2, 1e3])
def test_small_width_law_of_fast_boundaries(polycrystal_mesh, fast):
    width = 1e-5
    mean = np.trace(tensor(polycrystal_mesh, fast, fast, width)) / 3
    assert (mean - 1) / (width * GEOMETRY * (fast - 1)) == pytest.approx(1.83, rel=0.01)


@pytest.mark.parametrize("slow", [1e-4, 1e-5])
def test_small_width_law_of_blocking_boundaries(polycrystal_mesh, slow):
    width = 1e-5
    mean = np.trace(tensor(polycrystal_mesh, slow, slow, width)) / 3
    assert (1 / mean - 1) / (width * GEOMETRY * (1 / slow - 1)) == pytest.approx(0.91, rel=0.01)


def test_symmetric_and_positive_definite_everywhere(small_mesh):
    generator = np.random.default_rng(0)
    ratios = 10 ** generator.uniform(-4, 4, (40, 2))
    widths = 10 ** generator.uniform(-4, -1, 40)
    tensors = homogenize_batch(small_mesh, 1.0, ratios[:, 0], ratios[:, 1], widths, 1.0, "direct").tensor_cm2_s
    np.testing.assert_array_equal(tensors, np.swapaxes(tensors, 1, 2))
    assert np.linalg.eigvalsh(tensors).min() > 0


def test_effective_diffusivity_rises_with_each_diffusivity(small_mesh):
    steps = np.logspace(-4, 4, 9)
    along = homogenize_batch(small_mesh, 1.0, steps, 0.1, 0.05, 1.0, "direct").mean_cm2_s
    across = homogenize_batch(small_mesh, 1.0, 10.0, steps, 0.05, 1.0, "direct").mean_cm2_s
    assert (np.diff(along) > 0).all()
    assert (np.diff(across) >= -1e-12).all()


def test_scaling_invariances(small_mesh):
    one = effective_diffusivity(small_mesh, 1.0, 7.0, 0.3, 2.0, 40.0).tensor_cm2_s
    lengths = effective_diffusivity(small_mesh, 1.0, 7.0, 0.3, 1.0, 20.0).tensor_cm2_s
    units = effective_diffusivity(small_mesh, 1e-9, 7e-9, 0.3e-9, 2.0, 40.0).tensor_cm2_s
    np.testing.assert_allclose(lengths, one, rtol=1e-10)
    np.testing.assert_allclose(units, 1e-9 * one, rtol=1e-10)


def test_classes_alike_are_one_class(small_mesh):
    split = small_mesh.with_classes(small_mesh.boundary_facet % 2)
    np.testing.assert_allclose(
        tensor(split, [5.0, 5.0], [0.2, 0.2], 0.03), tensor(small_mesh, 5.0, 0.2, 0.03), rtol=1e-9
    )


def test_a_blocking_class_lowers_and_an_order_of_classes_does_not_matter(small_mesh):
    classes = small_mesh.boundary_facet % 2
    mixed = tensor(small_mesh.with_classes(classes), [1.0, 1e-3], [1.0, 1e-3], 0.03)
    swapped = tensor(small_mesh.with_classes(1 - classes), [1e-3, 1.0], [1e-3, 1.0], 0.03)
    np.testing.assert_allclose(mixed, swapped, rtol=1e-9)
    blocked = tensor(small_mesh, 1e-3, 1e-3, 0.03)
    assert np.trace(blocked) < np.trace(mixed) < 3.0
