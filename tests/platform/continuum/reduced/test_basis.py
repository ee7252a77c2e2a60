import numpy as np
import pytest

from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.interface_fem.affine_system import collapsed_form
from argyro.platform.continuum.interface_fem.coefficients import coefficients
from argyro.platform.continuum.reduced.basis import ReducedModel, build_reduced, reduced_model
from argyro.platform.continuum.reduced.online import evaluate


def draw(mesh, count, seed):
    generator = np.random.default_rng(seed)
    ratios = 10 ** generator.uniform(-4, 4, (count, 2 * mesh.classes))
    widths = mesh.grain_size * 10 ** generator.uniform(-4, -1, count)
    return coefficients(mesh, ratios[:, : mesh.classes], ratios[:, mesh.classes :], widths)


@pytest.fixture(scope="module")
def model(small_mesh):
    return build_reduced(small_mesh)


def test_certified_below_a_thousandth_on_points_never_seen(small_mesh, model):
    assert evaluate(model, draw(small_mesh, 2000, seed=11))[1].max() < 1e-3


def test_true_error_is_below_its_bound(small_mesh, model):
    theta = draw(small_mesh, 100, seed=12)
    tensors, bounds = evaluate(model, theta)
    form = collapsed_form(small_mesh)
    exact = np.stack([form.solve(theta[k : k + 1]).tensor for k in range(len(theta))])
    error = np.linalg.norm(tensors - exact, 2, axis=(1, 2)) / (np.trace(exact, axis1=1, axis2=2) / 3)
    assert (error <= bounds).all()
    assert (error > 0).any()


def test_a_poor_basis_is_found_out(small_mesh):
    poor = build_reduced(small_mesh, tolerance=0.3)
    theta = draw(small_mesh, 50, seed=13)
    tensors, bounds = evaluate(poor, theta)
    form = collapsed_form(small_mesh)
    exact = np.stack([form.solve(theta[k : k + 1]).tensor for k in range(len(theta))])
    error = np.linalg.norm(tensors - exact, 2, axis=(1, 2)) / (np.trace(exact, axis1=1, axis2=2) / 3)
    assert bounds.max() > 1e-3
    assert (error <= bounds).all()


def test_outside_the_widths_there_is_no_bound(small_mesh, model):
    theta = coefficients(small_mesh, np.ones((1, 1)), np.ones((1, 1)), np.array([0.2 * small_mesh.grain_size]))
    assert np.isinf(evaluate(model, theta)[1][0])


def test_queries_beyond_the_tolerance_are_solved_directly(small_mesh):
    sizes = np.linspace(30, 3000, 70)
    batch = homogenize_batch(small_mesh, 1.0, 50.0, 0.01, 2.5, sizes, "reduced", tolerance=1e-5)
    direct = homogenize_batch(small_mesh, 1.0, 50.0, 0.01, 2.5, sizes, "direct")
    assert "direct" in set(batch.method)
    assert all("error bound" in note for note in batch.note[batch.method == "direct"])
    assert batch.basis_error.max() <= 1e-5
    np.testing.assert_allclose(batch.tensor_cm2_s, direct.tensor_cm2_s, atol=2e-5 * direct.mean_cm2_s.max())


def test_a_basis_for_two_classes_trained_on_its_own_queries(small_mesh):
    split = small_mesh.with_classes(small_mesh.boundary_facet % 2)
    theta = draw(split, 30, seed=5)
    bounds = evaluate(build_reduced(split, training=theta, tolerance=1e-2), theta)[1]
    assert bounds.max() <= 1e-2


def test_the_offline_stage_is_kept_by_mesh(small_mesh, tmp_path):
    first = reduced_model(small_mesh, tmp_path)
    (file,) = tmp_path.iterdir() if any(tmp_path.iterdir()) else (tmp_path / "built.npz",)
    if not file.exists():  # an earlier test in this process built the model without a folder
        first.save(file)
    theta = draw(small_mesh, 5, seed=1)
    for a, b in zip(evaluate(ReducedModel.load(file), theta), evaluate(first, theta), strict=True):
        np.testing.assert_array_equal(a, b)
    assert reduced_model(small_mesh) is first
