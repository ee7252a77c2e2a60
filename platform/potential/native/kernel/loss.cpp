// The force term's gradient needs no Jacobian: sum_i v_i dF_i/dtheta = -d/dtheta (dE along v), one pass in dual
// numbers.
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "batches.hpp"
#include "parallel.hpp"
#include "training.hpp"

namespace argyro {
namespace {

// Parts in which the gradient is summed, whatever the number of threads, which therefore does not change it.
constexpr int SHARES = 32;

struct Errors {
    double energy = 0.0;
    std::vector<double> forces;
    double stress[6] = {};
};

Errors errors_of(const Potential& potential, const LabelledFrame& labelled, Workspace& workspace) {
    const Frame& frame = labelled.frame;
    std::vector<double> energies(frame.atoms()), gradients(frame.list.rij_A.size());
    evaluate(potential, frame.centres(), {energies.data(), gradients.data(), nullptr}, workspace);
    Errors errors;
    for (double e : energies) errors.energy += e;
    errors.energy -= labelled.energy_eV;
    errors.forces.assign(3 * frame.atoms(), 0.0);
    add_forces(frame, gradients.data(), errors.forces.data());
    for (std::size_t c = 0; c < errors.forces.size(); ++c) errors.forces[c] -= labelled.forces_eV_A[c];
    if (!labelled.stress_eV_A3.empty()) {
        add_strain_derivative(frame, gradients.data(), errors.stress);
        for (int v = 0; v < 6; ++v) errors.stress[v] = errors.stress[v] / frame.volume_A3 - labelled.stress_eV_A3[v];
    }
    return errors;
}

double squared_length(const double* v) { return v[0] * v[0] + v[1] * v[1] + v[2] * v[2]; }

double squared_stress(const double* s) {
    return s[0] * s[0] + s[1] * s[1] + s[2] * s[2] + 2.0 * (s[3] * s[3] + s[4] * s[4] + s[5] * s[5]);
}

// Tangent of every r_ij along which the energy's derivative is the force and stress part of the loss gradient.
std::vector<double> tangents(const LabelledFrame& labelled, const Errors& errors) {
    const Frame& frame = labelled.frame;
    const double* f = errors.forces.data();
    double strain[3][3] = {};
    if (!labelled.stress_eV_A3.empty()) {
        const double scale = 2.0 * labelled.stress_weight / frame.volume_A3, *s = errors.stress;
        const double full[3][3] = {{s[0], s[5], s[4]}, {s[5], s[1], s[3]}, {s[4], s[3], s[2]}};
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) strain[a][b] = scale * full[a][b];
    }
    std::vector<double> out(frame.list.rij_A.size());
    const std::vector<double>& weights = labelled.force_weights;
    for (int i = 0; i < frame.atoms(); ++i)
        for (int k = frame.list.offsets[i]; k < frame.list.offsets[i + 1]; ++k) {
            const int j = frame.list.indices[k];
            const double* r = &frame.list.rij_A[3L * k];
            for (int c = 0; c < 3; ++c)
                out[3L * k + c] = -2.0 * (weights[j] * f[3 * j + c] - weights[i] * f[3 * i + c])  // F = -dE/dr
                                  + strain[c][0] * r[0] + strain[c][1] * r[1] + strain[c][2] * r[2];
        }
    return out;
}

struct Accumulator {  // one value per lane, aligned
    Workspace radial_memory, coefficients_memory;
    double *radial, *coefficients;
    std::vector<double> species;
    std::size_t radial_size, coefficients_size;
    int lanes = kernels().double_lanes.lanes;

    explicit Accumulator(const Parameters& p)
        : species(p.species_count), radial_size(p.radial.size()), coefficients_size(p.coefficients.size()) {
        radial = radial_memory.reserve(radial_size * lanes);
        coefficients = coefficients_memory.reserve(coefficients_size * lanes);
        clear();
    }

    void clear() {
        std::fill_n(radial, radial_size * lanes, 0.0);
        std::fill_n(coefficients, coefficients_size * lanes, 0.0);
        std::fill(species.begin(), species.end(), 0.0);
    }

    // Adds the sums over lanes to radial coefficients, species energies and xi.
    void add_to(double* out_radial, double* out_species, double* out_coefficients) const {
        add_lanes(radial, radial_size, out_radial);
        for (std::size_t s = 0; s < species.size(); ++s) out_species[s] += species[s];
        add_lanes(coefficients, coefficients_size, out_coefficients);
    }

  private:
    void add_lanes(const double* values, std::size_t size, double* out) const {
        for (std::size_t i = 0; i < size; ++i)
            for (int l = 0; l < lanes; ++l) out[i] += values[i * lanes + l];
    }
};

void add_gradient(const Potential& potential, const LabelledFrame& labelled, const Errors& errors, Accumulator& sum,
                  Workspace& workspace) {
    const PlanView<double>& view = potential.plan().view;
    const std::vector<double> along = tangents(labelled, errors);
    const double weight = 2.0 * labelled.energy_weight * errors.energy;
    const ParameterGradient gradient{along.data(), weight, sum.radial, sum.coefficients};
    for_batches<double>(labelled.frame.centres(), [&](const Batch<double>& batch) {
        kernels().differentiate(view, batch, gradient,
                                workspace.reserve(kernels().dual_scratch_size(view, batch.longest)));
    });
    for (int type : labelled.frame.types) sum.species[type] += weight;
}

// Errors whose loss gradient is a random projection of the weighted residuals.
Errors random_errors(const LabelledFrame& labelled, std::minstd_rand& random) {
    auto sign = [&random](double weight) {
        return weight > 0.0 ? (random() & 1024 ? 0.5 : -0.5) / std::sqrt(weight) : 0.0;
    };
    Errors errors;
    errors.energy = sign(labelled.energy_weight);
    for (double weight : labelled.force_weights)
        for (int c = 0; c < 3; ++c) errors.forces.push_back(sign(weight));
    for (int v = 0; v < 6; ++v) errors.stress[v] = sign(labelled.stress_weight) * (v < 3 ? 1.0 : std::sqrt(0.5));
    return errors;
}

}  // namespace

Loss loss_and_gradient(const Potential& potential, const std::vector<const LabelledFrame*>& frames, bool gradient,
                       int threads) {
    const Parameters& p = potential.parameters();
    const int count = static_cast<int>(frames.size());
    Loss loss;
    for (auto* per_frame : {&loss.energy_errors_eV, &loss.squared_forces, &loss.squared_stress})
        per_frame->assign(count, 0.0);
    std::vector<double> weighted_forces(count, 0.0);
    const int shares = std::min(count, SHARES);
    std::vector<Accumulator> sums;
    std::vector<Workspace> workspaces(threads);
    for (int s = 0; s < shares; ++s) sums.emplace_back(p);
    Guard guard;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int s = 0; s < shares; ++s)
        for (int f = s; f < count; f += shares) guard.run([&] {
            Workspace& workspace = workspaces[omp_get_thread_num()];
            const Errors errors = errors_of(potential, *frames[f], workspace);
            loss.energy_errors_eV[f] = errors.energy;
            for (int i = 0; i < frames[f]->frame.atoms(); ++i) {
                const double squared = squared_length(&errors.forces[3L * i]);
                loss.squared_forces[f] += squared;
                weighted_forces[f] += frames[f]->force_weights[i] * squared;
            }
            loss.squared_stress[f] = squared_stress(errors.stress);
            if (gradient) add_gradient(potential, *frames[f], errors, sums[s], workspace);
        });
    guard.rethrow();
    for (int f = 0; f < count; ++f) {
        const double energy = loss.energy_errors_eV[f];
        loss.value += frames[f]->energy_weight * energy * energy + weighted_forces[f] +
                      frames[f]->stress_weight * loss.squared_stress[f];
    }
    if (!gradient) return loss;
    loss.radial.assign(p.radial.size(), 0.0);
    loss.coefficients.assign(p.coefficients.size(), 0.0);
    loss.species_energies.assign(p.species_count, 0.0);
    for (const Accumulator& sum : sums)
        sum.add_to(loss.radial.data(), loss.species_energies.data(), loss.coefficients.data());
    return loss;
}

std::vector<double> site_gradients(const Potential& potential, const Frame& frame, int threads) {
    const Parameters& p = potential.parameters();
    const PlanView<double>& view = potential.plan().view;
    const int atoms = frame.atoms(), species = p.species_count;
    const std::size_t linear = species + p.coefficients.size(), row = linear + p.radial.size();
    const std::vector<double> at_rest(frame.list.rij_A.size(), 0.0);  // no tangent: the energy's gradient alone
    std::vector<double> rows(row * atoms, 0.0);
    std::vector<Accumulator> sums;
    std::vector<Workspace> workspaces(threads);
    for (int t = 0; t < threads; ++t) sums.emplace_back(p);
    Guard guard;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int i = 0; i < atoms; ++i) guard.run([&] {  // one at a time: its radial gradient is summed over all lanes
        Accumulator& sum = sums[omp_get_thread_num()];
        Workspace& workspace = workspaces[omp_get_thread_num()];
        sum.clear();
        const ParameterGradient gradient{at_rest.data(), 1.0, sum.radial, sum.coefficients};
        for_batches<double>(frame.centres(i, i + 1), [&](const Batch<double>& batch) {
            kernels().differentiate(view, batch, gradient,
                                    workspace.reserve(kernels().dual_scratch_size(view, batch.longest)));
        });
        sum.species[frame.types[i]] = 1.0;
        double* out = &rows[row * i];
        sum.add_to(out + linear, out, out + species);
    });
    guard.rethrow();
    return rows;
}

std::vector<double> sketch_residuals(const Potential& potential, const std::vector<const LabelledFrame*>& frames,
                                     int samples, unsigned seed, int threads) {
    const Parameters& p = potential.parameters();
    const int count = static_cast<int>(frames.size()), species = p.species_count;
    const std::size_t radial = p.radial.size(), row = radial + species + p.coefficients.size();
    std::vector<double> rows(row * count * samples, 0.0);
    std::vector<Accumulator> sums;
    std::vector<Workspace> workspaces(threads);
    for (int t = 0; t < threads; ++t) sums.emplace_back(p);
    Guard guard;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int item = 0; item < count * samples; ++item) guard.run([&] {
        std::minstd_rand random(seed * 1000003u + item + 1);
        random.discard(8);
        const int thread = omp_get_thread_num();
        const LabelledFrame& labelled = *frames[item / samples];
        sums[thread].clear();
        add_gradient(potential, labelled, random_errors(labelled, random), sums[thread], workspaces[thread]);
        double* out = &rows[row * item];
        sums[thread].add_to(out, out + radial, out + radial + species);
    });
    guard.rethrow();
    return rows;
}

}  // namespace argyro
