// Energies and pair gradients of a batch of centres, one per lane: (1) unit vectors and radial functions; (2) moments;
// (3) contractions and their adjoints; (4) the pair gradients from the adjoints of the moments.
//
// The including file has chosen the precision and brings `fill` and `write_gradients`.
#pragma once

#include "contract_simd.hpp"
#include "gradient_simd.hpp"

namespace {

unsigned long scratch_size(const View& plan, int longest) { return Layout<V>(plan, longest, nullptr).size; }

void evaluate(const View& plan, const Group& batch, const Results<Real>& results, double* scratch) {
    Layout<V> at(plan, batch.longest, scratch);
    fill(plan, batch, at);
    for (int row = 0; row < at.rows; ++row) at.neighbours[static_cast<long>(batch.longest) * at.rows + row] = V{};
    basic_moments(plan, batch.longest, at);
    contract(plan, at.moments);
    if (results.basis)
        for (int k = 0; k < plan.basis_size; ++k) {
            const V value = basis_function(plan, k, at.moments);
            for (int lane = 0; lane < batch.size; ++lane)
                results.basis[static_cast<long>(batch.members[lane]) * plan.basis_size + k] = value[lane];
        }
    if (!results.energies_eV && !results.gradients_eV_A) return;
    Wide energy;
    energy_and_adjoints(plan, at.moments, at.adjoints, energy);
    if (results.energies_eV)
        for (int lane = 0; lane < batch.size; ++lane) {
            const int centre = batch.members[lane];
            results.energies_eV[centre] = plan.species_energies[batch.centres.types[centre]] + lane_of(energy, lane);
        }
    if (!results.gradients_eV_A) return;
    pair_gradients(plan, batch.longest, at);
    write_gradients(batch, at, results.gradients_eV_A);
}

}  // namespace
