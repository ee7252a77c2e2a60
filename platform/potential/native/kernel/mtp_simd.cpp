// The inner loops' entry points, one centre atom per SIMD lane; compiled once per instruction set. Neither this file
// nor the *_simd.hpp include standard headers with inline code: the linker keeps one copy of an inline function, and it could
// be the one with the widest instructions.
//
// For a batch of centres: (1) unit vectors and radial functions; (2) moments; (3) contractions and their adjoints;
// (4) from the adjoints of the moments the pair gradients, or in dual numbers the derivative with respect to the
// parameters.
#include "contract_simd.hpp"
#include "gradient_simd.hpp"
#include "pairs_simd.hpp"
#include "parameters_simd.hpp"
#include "prepare_simd.hpp"

namespace {

unsigned long scratch_size(const PlanView& plan, int longest, bool dual) {
    return dual ? Layout<D>(plan, longest, nullptr).size : Layout<V>(plan, longest, nullptr).size;
}

void evaluate(const PlanView& plan, const Batch& batch, const Results& results, double* scratch) {
    Layout<V> at(plan, batch.longest, scratch);
    const int neighbours = fill(plan, batch, at);
    basic_moments(plan, neighbours, at);
    contract(plan, at.moments);
    if (results.basis)
        for (int k = 0; k < plan.basis_size; ++k) {
            const V value = basis_function(plan, k, at.moments);
            for (int lane = 0; lane < batch.size; ++lane)
                results.basis[static_cast<long>(batch.members[lane]) * plan.basis_size + k] = value[lane];
        }
    if (!results.energies_eV && !results.gradients_eV_A) return;
    const V energy = energy_and_adjoints(plan, at.moments, at.adjoints);
    if (results.energies_eV)
        for (int lane = 0; lane < batch.size; ++lane) {
            const int centre = batch.members[lane];
            results.energies_eV[centre] = plan.species_energies[batch.centres.types[centre]] + energy[lane];
        }
    if (!results.gradients_eV_A) return;
    pair_gradients(plan, neighbours, at);
    write_gradients(batch, at, results.gradients_eV_A);
}

void differentiate(const PlanView& plan, const Batch& batch, const ParameterGradient& gradient, double* scratch) {
    Layout<D> at(plan, batch.longest, scratch);
    const int neighbours = prepare(plan, batch, gradient.tangents_A, at);
    basic_moments(plan, neighbours, at);
    contract(plan, at.moments);
    V* coefficients = reinterpret_cast<V*>(gradient.coefficients);
    for (int k = 0; k < plan.basis_size; ++k) {
        const D value = basis_function(plan, k, at.moments);
        coefficients[k] += gradient.weight * value.a + value.b;
    }
    energy_and_adjoints(plan, at.moments, at.adjoints);
    write_radial_adjoints(plan, gradient.weight, neighbours, at);
    for (int lane = 0; lane < batch.size; ++lane) add_radial_gradient(plan, batch, lane, at, gradient.radial);
}

}  // namespace

namespace argyro {
#define ARGYRO_JOIN_(a, b) a##b
#define ARGYRO_JOIN(a, b) ARGYRO_JOIN_(a, b)
#define ARGYRO_TEXT_(a) #a
#define ARGYRO_TEXT(a) ARGYRO_TEXT_(a)
extern const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA);
const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA) = {ARGYRO_TEXT(ARGYRO_ISA), W, scratch_size, evaluate, differentiate};
}  // namespace argyro
