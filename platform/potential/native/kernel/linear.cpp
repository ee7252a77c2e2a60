// Normal equations of the linear parameters: one column per basis function, found by giving it the coefficient one.
#include <omp.h>

#include <cmath>

#include "parallel.hpp"
#include "training.hpp"

namespace argyro {
namespace {

struct Column {  // weighted energy, forces and stress
    double* out;
    const LabelledFrame& labelled;

    void fill(double energy, const double* forces, const double* virial) const {
        const Frame& frame = labelled.frame;
        double* next = out;
        *next++ = std::sqrt(labelled.energy_weight) * energy;
        for (int c = 0; c < 3 * frame.atoms(); ++c) *next++ = std::sqrt(labelled.force_weights[c / 3]) * forces[c];
        if (labelled.stress_eV_A3.empty()) return;
        for (int v = 0; v < 6; ++v)
            *next++ = std::sqrt(labelled.stress_weight * (v < 3 ? 1.0 : 2.0)) * virial[v] / frame.volume_A3;
    }
};

// Energy, forces and strain derivative without the species constants.
void fill_column(const Potential& potential, const LabelledFrame& labelled, Workspace& workspace, double* out) {
    const Frame& frame = labelled.frame;
    std::vector<double> energies(frame.atoms()), gradients(frame.list.rij_A.size()), forces(3 * frame.atoms(), 0.0);
    double energy = 0.0, virial[6] = {};
    evaluate(potential, frame.centres(), {energies.data(), gradients.data(), nullptr}, workspace);
    for (double e : energies) energy += e;
    add_forces(frame, gradients.data(), forces.data());
    add_strain_derivative(frame, gradients.data(), virial);
    Column{out, labelled}.fill(energy, forces.data(), virial);
}

std::vector<double> target(const LabelledFrame& labelled, const Parameters& bare, Workspace& workspace, int rows) {
    std::vector<double> stress(6, 0.0), repulsion(rows), labels(rows);
    if (!labelled.stress_eV_A3.empty())
        for (int v = 0; v < 6; ++v) stress[v] = labelled.stress_eV_A3[v] * labelled.frame.volume_A3;
    Column{labels.data(), labelled}.fill(labelled.energy_eV, labelled.forces_eV_A.data(), stress.data());
    fill_column(Potential(bare), labelled, workspace, repulsion.data());  // the part with all coefficients zero
    for (int r = 0; r < rows; ++r) labels[r] -= repulsion[r];
    return labels;
}

// Every element is one sum over the frames in their order, whatever the number of threads.
void add_products(const std::vector<double>& columns, const std::vector<double>& labels, int rows, int threads,
                  NormalEquations& sum) {
    Guard guard;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
    for (int i = 0; i < sum.size; ++i) guard.run([&, i] {
        const double* a = &columns[std::size_t(i) * rows];
        for (int j = 0; j <= i; ++j) {
            const double* b = &columns[std::size_t(j) * rows];
            double dot = 0.0;
#pragma omp simd reduction(+ : dot)
            for (int r = 0; r < rows; ++r) dot += a[r] * b[r];
            sum.matrix[std::size_t(i) * sum.size + j] += dot;
        }
        for (int r = 0; r < rows; ++r) sum.vector[i] += a[r] * labels[r];
    });
    guard.rethrow();
}

}  // namespace

NormalEquations normal_equations(const Parameters& parameters, const std::vector<const LabelledFrame*>& frames,
                                 int threads) {
    Parameters bare = parameters, unit = parameters;
    bare.species_energies.assign(parameters.species_count, 0.0);
    bare.coefficients.assign(parameters.scalar_moments.size(), 0.0);
    unit.zbl_outer_A.clear();
    const int basis = static_cast<int>(bare.coefficients.size()), size = basis + parameters.species_count;
    NormalEquations sum{size, std::vector<double>(std::size_t(size) * size), std::vector<double>(size)};
    std::vector<Potential> one_hot;  // one per thread, its coefficients change
    for (int t = 0; t < threads; ++t) one_hot.emplace_back(unit);
    std::vector<Workspace> workspaces(threads);
    for (const LabelledFrame* labelled : frames) {
        const int rows = 1 + 3 * labelled->frame.atoms() + (labelled->stress_eV_A3.empty() ? 0 : 6);
        std::vector<double> columns(std::size_t(size) * rows, 0.0);
        Guard guard;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
        for (int k = 0; k < basis; ++k) guard.run([&] {
            const int thread = omp_get_thread_num();
            std::vector<double> coefficients(basis, 0.0);
            coefficients[k] = 1.0;
            one_hot[thread].set_coefficients(unit.radial, bare.species_energies, coefficients);
            fill_column(one_hot[thread], *labelled, workspaces[thread], &columns[std::size_t(k) * rows]);
        });
        guard.rethrow();
        for (int type : labelled->frame.types)
            columns[std::size_t(basis + type) * rows] += std::sqrt(labelled->energy_weight);
        add_products(columns, target(*labelled, bare, workspaces[0], rows), rows, threads, sum);
    }
    for (int i = 0; i < size; ++i)
        for (int j = i + 1; j < size; ++j)
            sum.matrix[std::size_t(i) * size + j] = sum.matrix[std::size_t(j) * size + i];
    return sum;
}

}  // namespace argyro
