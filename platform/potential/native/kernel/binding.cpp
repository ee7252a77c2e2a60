// Python module argyro.platform.potential.native._kernel. Arrays are read in place; the interpreter's lock is released while
// computing.
#include <omp.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <stdexcept>

#include "arithmetic.hpp"
#include "parallel.hpp"
#include "training.hpp"

namespace py = pybind11;
using namespace argyro;

namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Integers = py::array_t<int, py::array::c_style | py::array::forcecast>;
using Flags = py::array_t<bool, py::array::c_style | py::array::forcecast>;

template <class T>
py::array_t<T> as_array(std::vector<T>&& values, std::vector<py::ssize_t> shape) {
    auto* owned = new std::vector<T>(std::move(values));
    py::capsule owner(owned, [](void* p) { delete static_cast<std::vector<T>*>(p); });
    return py::array_t<T>(std::move(shape), owned->data(), owner);
}

void require_shape(const py::array& array, std::vector<py::ssize_t> shape, const char* name) {
    if (std::vector<py::ssize_t>(array.shape(), array.shape() + array.ndim()) != shape)
        throw std::invalid_argument(std::string(name) + " has the wrong shape");
}

std::vector<double> to_vector(const Doubles& a) { return {a.data(), a.data() + a.size()}; }
std::vector<int> to_vector(const Integers& a) { return {a.data(), a.data() + a.size()}; }

int thread_count(int wanted) { return wanted > 0 ? wanted : omp_get_max_threads(); }

Frame make_frame(const Potential& potential, const Doubles& positions, const Doubles& cell, const Flags& periodic,
                 const Integers& types) {
    const int atoms = static_cast<int>(types.size());
    require_shape(positions, {atoms, 3}, "positions");
    require_shape(cell, {3, 3}, "cell");
    require_shape(periodic, {3}, "pbc");
    for (int i = 0; i < atoms; ++i)
        if (types.data()[i] < 0 || types.data()[i] >= potential.species_count())
            throw std::invalid_argument("a species index is out of range");
    py::gil_scoped_release release;
    return Frame(atoms, positions.data(), cell.data(), periodic.data(), types.data(), potential.species_count(),
                 potential.cutoff_A());
}

// Evaluates in single precision from and to arrays in double precision.
void evaluate_in_single(const Potential& potential, const Centres<>& centres, const Results<>& results,
                        Workspace& workspace) {
    const int pairs = centres.offsets[centres.count];
    std::vector<float> quads(static_cast<std::size_t>(QUAD) * pairs), gradients(results.gradients_eV_A ? quads.size() : 0);
    for (int pair = centres.offsets[0]; pair < pairs; ++pair) {
        for (int c = 0; c < 3; ++c) quads[QUAD * pair + c] = static_cast<float>(centres.rij_A[3 * pair + c]);
        quads[QUAD * pair + 3] = static_cast<float>(neighbour_type(centres, pair));
    }
    const Centres<float> single{centres.count, centres.types, centres.offsets, quads.data(), nullptr, QUAD};
    evaluate(potential, single,
             {results.energies_eV, gradients.empty() ? nullptr : gradients.data(), results.basis}, workspace);
    if (!results.gradients_eV_A) return;
    for (int pair = centres.offsets[0]; pair < pairs; ++pair)
        for (int c = 0; c < 3; ++c) results.gradients_eV_A[3 * pair + c] = gradients[QUAD * pair + c];
}

// Chunks of centres over threads; gradients and energies of different centres do not overlap.
void evaluate_parallel(const Potential& potential, const Frame& frame, const Results<>& results, int threads,
                       bool mixed) {
    constexpr int CHUNK = 256;
    const int atoms = frame.atoms(), chunks = (atoms + CHUNK - 1) / CHUNK, basis = potential.basis_size();
    std::vector<Workspace> workspaces(threads);
    Guard guard;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (chunks > 1)
    for (int chunk = 0; chunk < chunks; ++chunk) guard.run([&] {
        const int begin = chunk * CHUNK, end = std::min(atoms, begin + CHUNK);
        Results<> part = results;
        if (part.energies_eV) part.energies_eV += begin;
        if (part.basis) part.basis += static_cast<std::size_t>(begin) * basis;
        const Centres<> centres = frame.centres(begin, end);
        Workspace& workspace = workspaces[omp_get_thread_num()];
        if (mixed)
            evaluate_in_single(potential, centres, part, workspace);
        else
            evaluate(potential, centres, part, workspace);
    });
    guard.rethrow();
}

py::dict compute(const Potential& potential, const Frame& frame, bool forces_wanted, bool basis_wanted, int threads,
                 bool mixed) {
    const std::size_t atoms = frame.atoms();
    std::vector<double> energies(atoms), gradients(forces_wanted ? frame.list.rij_A.size() : 0),
        forces(forces_wanted ? 3 * atoms : 0, 0.0);
    std::vector<double> basis(basis_wanted ? atoms * potential.basis_size() : 0), virial(6, 0.0);
    {
        py::gil_scoped_release release;
        evaluate_parallel(
            potential, frame,
            {energies.data(), forces_wanted ? gradients.data() : nullptr, basis_wanted ? basis.data() : nullptr},
            thread_count(threads), mixed);
        if (forces_wanted) {
            add_forces(frame, gradients.data(), forces.data());
            add_strain_derivative(frame, gradients.data(), virial.data());
        }
    }
    const py::ssize_t n = static_cast<py::ssize_t>(atoms);
    py::dict out;
    out["energies"] = as_array(std::move(energies), {n});
    if (forces_wanted) {
        out["forces"] = as_array(std::move(forces), {n, 3});
        out["strain_derivative"] = as_array(std::move(virial), {6});
        out["volume"] = frame.volume_A3;
    }
    if (basis_wanted) out["basis"] = as_array(std::move(basis), {n, potential.basis_size()});
    return out;
}

LabelledFrame label(Frame frame, double energy, const Doubles& forces, const std::vector<double>& stress,
                    double energy_weight, double stress_weight, const Doubles& force_weights) {
    require_shape(forces, {frame.atoms(), 3}, "forces");
    require_shape(force_weights, {frame.atoms()}, "force_weights");
    if (!stress.empty() && (stress.size() != 6 || frame.volume_A3 == 0.0))
        throw std::invalid_argument("stress must hold six components of a cell periodic in three directions");
    return {std::move(frame), energy, to_vector(forces), stress, energy_weight, stress_weight, to_vector(force_weights)};
}

// Runs Python's signal handlers; a thread other than Python's main thread always answers no.
bool signal_raised() {
    const PyGILState_STATE state = PyGILState_Ensure();
    const bool raised = PyErr_CheckSignals() != 0;  // leaves KeyboardInterrupt set
    PyGILState_Release(state);
    return raised;
}

py::array radial_array(const Parameters& p, std::vector<double> values) {
    return as_array(std::move(values), {p.species_count, p.species_count, p.radial_functions, p.radial_size});
}

py::array rows_of_four(const std::vector<int>& values) {
    return as_array(std::vector<int>(values), {static_cast<py::ssize_t>(values.size() / 4), 4});
}

void bind_parameters(py::module_& m) {
    py::class_<Parameters>(m, "Parameters")
        .def(py::init<>())
        .def_readwrite("species_count", &Parameters::species_count)
        .def_readwrite("radial_functions", &Parameters::radial_functions)
        .def_readwrite("radial_size", &Parameters::radial_size)
        .def_readwrite("scaling", &Parameters::scaling)
        .def_readwrite("min_dist_A", &Parameters::min_dist_A)
        .def_readwrite("cutoff_A", &Parameters::cutoff_A)
        .def_readwrite("moments_count", &Parameters::moments_count)
        .def_readwrite("species", &Parameters::species)
        .def_readwrite("zbl_outer_A", &Parameters::zbl_outer_A)
        .def_readwrite("potential_name", &Parameters::potential_name)
        .def_readwrite("potential_tag", &Parameters::potential_tag)
        .def_readwrite("trained", &Parameters::trained)
        .def_property(
            "basic", [](const Parameters& p) { return rows_of_four(p.basic); },
            [](Parameters& p, const Integers& a) { p.basic = to_vector(a); })
        .def_property(
            "times", [](const Parameters& p) { return rows_of_four(p.times); },
            [](Parameters& p, const Integers& a) { p.times = to_vector(a); })
        .def_property(
            "scalar_moments",
            [](const Parameters& p) {
                return as_array(std::vector<int>(p.scalar_moments), {py::ssize_t(p.scalar_moments.size())});
            },
            [](Parameters& p, const Integers& a) { p.scalar_moments = to_vector(a); })
        .def_property(
            "radial", [](const Parameters& p) { return radial_array(p, p.radial); },
            [](Parameters& p, const Doubles& a) { p.radial = to_vector(a); })
        .def_property(
            "species_energies",
            [](const Parameters& p) {
                return as_array(std::vector<double>(p.species_energies), {py::ssize_t(p.species_energies.size())});
            },
            [](Parameters& p, const Doubles& a) { p.species_energies = to_vector(a); })
        .def_property(
            "coefficients",
            [](const Parameters& p) {
                return as_array(std::vector<double>(p.coefficients), {py::ssize_t(p.coefficients.size())});
            },
            [](Parameters& p, const Doubles& a) { p.coefficients = to_vector(a); });
}

void bind_potential(py::module_& m) {
    py::class_<Frame>(m, "Frame")
        .def(py::init(&make_frame), py::arg("potential"), py::arg("positions"), py::arg("cell"), py::arg("pbc"),
             py::arg("types"))
        .def_property_readonly("pairs", [](const Frame& f) { return f.list.indices.size(); })
        .def_property_readonly(
            "offsets", [](const Frame& f) { return as_array(std::vector<int>(f.list.offsets), {f.atoms() + 1}); })
        .def_property_readonly("indices",
                               [](const Frame& f) {
                                   return as_array(std::vector<int>(f.list.indices),
                                                   {py::ssize_t(f.list.indices.size())});
                               })
        .def_property_readonly("shortest_A",
                               [](const Frame& f) {
                                   const py::ssize_t n = f.species_count;
                                   return as_array(shortest_distances(f), {n, n});
                               })
        .def_property_readonly("vectors", [](const Frame& f) {
            return as_array(std::vector<double>(f.list.rij_A), {py::ssize_t(f.list.indices.size()), 3});
        });
    py::class_<Potential>(m, "Potential")
        .def(py::init<Parameters>())
        .def_property_readonly("parameters", [](const Potential& p) { return p.parameters(); })
        .def("set_coefficients",
             [](Potential& p, const Doubles& radial, const Doubles& species, const Doubles& coefficients) {
                 p.set_coefficients(to_vector(radial), to_vector(species), to_vector(coefficients));
             })
        .def("compute", &compute, py::arg("frame"), py::arg("forces") = true, py::arg("basis") = false,
             py::arg("threads") = 0, py::arg("mixed") = false)
        .def("operations", [](const Potential& p) {
            const Operations o = count_operations(p);
            py::dict out;
            out["per_atom"] = o.per_atom;
            out["per_pair"] = o.per_pair;
            return out;
        });
}

void bind_training(py::module_& m) {
    py::class_<LabelledFrame>(m, "LabelledFrame")
        .def(py::init(&label), py::arg("frame"), py::arg("energy"), py::arg("forces"), py::arg("stress"),
             py::arg("energy_weight"), py::arg("stress_weight"), py::arg("force_weights"));
    m.def(
        "loss_and_gradient",
        [](const Potential& potential, const std::vector<const LabelledFrame*>& frames, bool gradient, int threads) {
            Loss loss;
            {
                py::gil_scoped_release release;
                loss = loss_and_gradient(potential, frames, gradient, thread_count(threads));
            }
            const py::ssize_t count = static_cast<py::ssize_t>(frames.size());
            py::dict out;
            out["value"] = loss.value;
            out["energy_errors"] = as_array(std::move(loss.energy_errors_eV), {count});
            out["squared_forces"] = as_array(std::move(loss.squared_forces), {count});
            out["squared_stress"] = as_array(std::move(loss.squared_stress), {count});
            if (gradient) {
                const py::ssize_t species = potential.species_count(), basis = potential.basis_size();
                out["radial"] = radial_array(potential.parameters(), std::move(loss.radial));
                out["species_energies"] = as_array(std::move(loss.species_energies), {species});
                out["coefficients"] = as_array(std::move(loss.coefficients), {basis});
            }
            return out;
        },
        py::arg("potential"), py::arg("frames"), py::arg("gradient") = true, py::arg("threads") = 0);
    m.def(
        "site_gradients",
        [](const Potential& potential, const Frame& frame, int threads) {
            std::vector<double> rows;
            {
                py::gil_scoped_release release;
                rows = site_gradients(potential, frame, thread_count(threads));
            }
            const Parameters& p = potential.parameters();
            const std::size_t size = p.species_count + p.coefficients.size() + p.radial.size();
            return as_array(std::move(rows), {frame.atoms(), static_cast<py::ssize_t>(size)});
        },
        py::arg("potential"), py::arg("frame"), py::arg("threads") = 0);
    m.def(
        "sketch_residuals",
        [](const Potential& potential, const std::vector<const LabelledFrame*>& frames, int samples, unsigned seed,
           int threads) {
            std::vector<double> rows;
            {
                py::gil_scoped_release release;
                rows = sketch_residuals(potential, frames, samples, seed, thread_count(threads));
            }
            const py::ssize_t count = static_cast<py::ssize_t>(frames.size()) * samples;
            const py::ssize_t size = count ? static_cast<py::ssize_t>(rows.size()) / count : 0;
            return as_array(std::move(rows), {count, size});
        },
        py::arg("potential"), py::arg("frames"), py::arg("samples"), py::arg("seed") = 0, py::arg("threads") = 0);
    m.def(
        "normal_equations",
        [](const Parameters& parameters, const std::vector<const LabelledFrame*>& frames, int threads) {
            NormalEquations equations;
            {
                py::gil_scoped_release release;
                equations = normal_equations(parameters, frames, thread_count(threads));
            }
            const py::ssize_t n = equations.size;
            return py::make_tuple(as_array(std::move(equations.matrix), {n, n}),
                                  as_array(std::move(equations.vector), {n}));
        },
        py::arg("parameters"), py::arg("frames"), py::arg("threads") = 0);
}

}  // namespace

PYBIND11_MODULE(_kernel, m) {
    m.doc() = "Moment tensor potentials: energies, forces, parameter gradients.";
    set_interrupt_check(&signal_raised);
    py::register_local_exception_translator([](std::exception_ptr problem) {
        try {
            std::rethrow_exception(problem);
        } catch (const Interrupted&) {  // Python's own exception is set already
        }
    });
    m.attr("MAX_NEIGHBOURS") = MAX_NEIGHBOURS;
    bind_parameters(m);
    bind_potential(m);
    bind_training(m);
    m.def("read_mtp", &read_mtp, py::arg("path"), "Reads an .mtp file; raises ValueError.");
    m.def("instruction_set", &instruction_set, "avx512, avx2 or baseline.");
}
