// Entry points in double precision, one centre atom per SIMD lane; compiled once per instruction set. Neither the
// *_simd.cpp nor the *_simd.hpp include standard headers with inline code: the linker keeps one copy of an inline
// function, and it could be the one with the widest instructions.
#include "pairs_simd.hpp"
//
#include "evaluate_simd.hpp"
#include "parameters_simd.hpp"
#include "prepare_simd.hpp"

namespace {

unsigned long dual_scratch_size(const View& plan, int longest) { return Layout<D>(plan, longest, nullptr).size; }

void differentiate(const View& plan, const Group& batch, const ParameterGradient& gradient, double* scratch) {
    Layout<D> at(plan, batch.longest, scratch);
    const int neighbours = prepare(plan, batch, gradient.tangents_A, at);
    basic_moments(plan, neighbours, at);
    contract(plan, at.moments);
    V* coefficients = reinterpret_cast<V*>(gradient.coefficients);
    for (int k = 0; k < plan.basis_size; ++k) {
        const D value = basis_function(plan, k, at.moments);
        coefficients[k] += gradient.weight * value.a + value.b;
    }
    Wide energy;
    energy_and_adjoints(plan, at.moments, at.adjoints, energy);
    write_radial_adjoints(plan, gradient.weight, neighbours, at);
    for (int lane = 0; lane < batch.size; ++lane) add_radial_gradient(plan, batch, lane, at, gradient.radial);
}

}  // namespace

namespace argyro {
#define ARGYRO_JOIN_(a, b) a##b
#define ARGYRO_JOIN(a, b) ARGYRO_JOIN_(a, b)
#define ARGYRO_TEXT_(a) #a
#define ARGYRO_TEXT(a) ARGYRO_TEXT_(a)
extern const Evaluator<float> ARGYRO_JOIN(single_lanes_, ARGYRO_ISA);
extern const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA);
const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA) = {ARGYRO_TEXT(ARGYRO_ISA),
                                                   {W, scratch_size, evaluate},
                                                   &ARGYRO_JOIN(single_lanes_, ARGYRO_ISA),
                                                   dual_scratch_size,
                                                   differentiate};
}  // namespace argyro
