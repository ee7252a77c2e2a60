import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.homogenize import effective_diffusivity, homogenize_batch
from argyro.platform.continuum.mesh.mesh import mesh
from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
from argyro.platform.continuum.query_table import homogenize_table

GOOD = {
    "d_bulk_cm2_s": 1e-8,
    "d_parallel_cm2_s": 2e-9,
    "d_perpendicular_cm2_s": 1e-9,
    "width_nm": 2.5,
    "grain_size_nm": 100.0,
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), "fast"])
def test_what_is_not_positive_is_named(small_mesh, name, value):
    with pytest.raises(InputError, match=f"^{name} = "):
        effective_diffusivity(small_mesh, **(GOOD | {name: value}))


def test_a_width_as_large_as_the_grain(small_mesh):
    with pytest.raises(InputError, match="not below the grain size"):
        effective_diffusivity(small_mesh, **(GOOD | {"grain_size_nm": 2.5}))


def test_a_boundary_too_wide_for_the_method(small_mesh):
    with pytest.raises(InputError, match="modelled as a surface"):
        effective_diffusivity(small_mesh, **(GOOD | {"grain_size_nm": 10.0}), method="direct")


def test_a_mesh_too_fine_for_the_boundary():
    finer = mesh(voronoi_polycrystal(8, seed=1), refinements=2)
    with pytest.raises(InputError, match="refine less"):
        effective_diffusivity(finer, **(GOOD | {"grain_size_nm": 26.0}), method="direct")


def test_an_unknown_method(small_mesh):
    with pytest.raises(InputError, match="'magic' is unknown"):
        effective_diffusivity(small_mesh, **GOOD, method="magic")


def test_as_many_diffusivities_as_classes(small_mesh):
    with pytest.raises(InputError, match="per GB class"):
        effective_diffusivity(small_mesh, **(GOOD | {"d_parallel_cm2_s": [1e-9, 2e-9]}))


def test_batches_of_unequal_length(small_mesh):
    with pytest.raises(InputError, match="lengths"):
        homogenize_batch(small_mesh, np.ones(3), np.ones(2), 1.0, 2.5, 100.0)


def test_json_keys_are_the_contract(small_mesh):
    found = effective_diffusivity(small_mesh, **GOOD).to_json()
    assert {"effective_cm2_s", "mean_cm2_s", "relative_error_bound", "method", "grain_size_nm", "width_nm"} <= set(
        found
    )
    assert np.shape(found["effective_cm2_s"]) == (3, 3)
    assert found["relative_error_bound"] == found["basis_error"] and found["mesh_error"] is None
    assert found["method"] == "direct"


def test_table_in_table_out(small_mesh):
    table = pd.DataFrame([GOOD, GOOD | {"grain_size_nm": 1000.0}]).assign(name=["a", "b"])
    found = homogenize_table(small_mesh, table)
    assert list(found["name"]) == ["a", "b"]
    one = effective_diffusivity(small_mesh, **GOOD)
    assert found["mean_cm2_s"][0] == pytest.approx(one.mean_cm2_s, rel=1e-12)
    assert found["effective_xy_cm2_s"][0] == pytest.approx(one.tensor_cm2_s[0, 1])


def test_table_with_a_boundary_per_class(small_mesh):
    split = small_mesh.with_classes(small_mesh.boundary_facet % 2)
    values = {
        "d_parallel_0_cm2_s": 1e-9,
        "d_parallel_1_cm2_s": 2e-9,
        "d_perpendicular_0_cm2_s": 1e-9,
        "d_perpendicular_1_cm2_s": 1e-9,
    }
    rest = {name: GOOD[name] for name in ("d_bulk_cm2_s", "width_nm", "grain_size_nm")}
    found = homogenize_table(split, pd.DataFrame([values | rest] * 2))
    one = effective_diffusivity(split, 1e-8, [1e-9, 2e-9], [1e-9, 1e-9], 2.5, 100.0)
    np.testing.assert_allclose(found["mean_cm2_s"], one.mean_cm2_s, rtol=1e-12)


@pytest.mark.parametrize("table", [pd.DataFrame([{"d_bulk_cm2_s": 1.0}]), pd.DataFrame(columns=list(GOOD))])
def test_tables_that_cannot_be(small_mesh, table):
    with pytest.raises(InputError, match="the table"):
        homogenize_table(small_mesh, table)


def test_importing_costs_no_jax():
    modules = "argyro.platform.continuum.homogenize, argyro.platform.continuum.propagate"
    code = f"import sys, {modules}; print('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_jax_fem_prints_nothing_and_leaves_print_options():
    code = (
        "import numpy as np; o = np.get_printoptions();"
        "from argyro.platform.continuum.interface_fem.jaxfem import element_gradients as e;"
        "e(np.eye(4, 3, -1), np.array([[0, 1, 2, 3]]), 'TET4'); assert np.get_printoptions() == o"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
