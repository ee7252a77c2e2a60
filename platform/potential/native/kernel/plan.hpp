// Layout of a potential for the inner loops: moments renumbered, products grouped. Plain pointers, owned by plan.cpp.
//
// Basic moments of one mu are adjacent: all monomials x^a y^b z^c with a + b + c below its number of ranks, ordered by
// c, then b, then a. No index table is needed; their adjoints are the coefficients of a polynomial in x, y and z.
#pragma once

#include "centres.hpp"

namespace argyro {

constexpr int MAX_RANK = 32, MAX_RADIAL = 64, MAX_SPECIES = 120;
constexpr int PAIR_BLOCK = 16;  // twice the widest vector

// Number of monomials x^a y^b z^c with a + b + c < ranks.
static constexpr int monomials_below(int ranks) { return ranks * (ranks + 1) * (ranks + 2) / 6; }

template <class Real>
struct Product {  // value += factor * M_left * M_right
    int left, right;
    Real factor;
};

// The tables of one precision. Single precision has no `radial`.
template <class Real>
struct PlanView {
    int species_count, radial_functions, radial_size;
    Real scaling, min_dist, cutoff;
    const double* radial;            // [species][species][mu][q]
    const double* species_energies;  // [species]
    // [mu][q][pair_entries]: q-th coefficient, scaling included, for every pair of species (centre the slower), by
    // powers of x or by Chebyshev polynomials; 64-byte aligned
    const Real* radial_table;
    bool radial_powers;  // never in single precision, where they lose two more digits
    int pair_entries;  // species squared, rounded up to PAIR_BLOCK

    int ranks[MAX_RADIAL];          // of each mu, highest rank + 1
    int moment_offset[MAX_RADIAL];  // first moment of each mu
    int moments;  // basic moments and intermediates, without the final scalars

    // intermediates: moment basic + t is the sum of inner[inner_offset[t] .. inner_offset[t+1])
    int basic, intermediates;
    const int* inner_offset;
    const Product<Real>* inner;

    // quadratic form of the energy in the moments: products used only by basis functions, with coefficients
    // included
    int rows;
    const int* row_moment;  // left moment of each row
    const int* row_offset;
    const int* row_right;      // right moment
    const Real* row_factor;  // coefficient
    // and its linear form
    int linear_count;
    const int* linear_moment;
    const Real* linear_factor;

    // every basis function: moment if >= 0, else the sum of final[final_offset[k] .. final_offset[k+1])
    int basis_size;
    const int* basis_moment;
    const int* final_offset;
    const Product<Real>* final;
};

// One batch: at most as many centres as there are lanes.
template <class Real>
struct Batch {
    Centres<Real> centres;
    const int* members;  // indices of the centres, most neighbours first
    int size;
    int longest;  // largest neighbour count among them
};

// Input and output of the derivative by the parameters: the tangent of every r_ij, and accumulators of
// d/dtheta (weight * E_i + dE_i along the tangent). All accumulators have one value per lane, innermost.
struct ParameterGradient {
    const double* tangents_A;  // [pairs][3]
    double weight;
    double* radial;        // [species][species][mu][q][lanes]
    double* coefficients;  // [basis][lanes]
};

// Energies and gradients with lanes of one precision.
template <class Real>
struct Evaluator {
    int lanes;
    unsigned long (*scratch_size)(const PlanView<Real>&, int longest);  // doubles
    void (*evaluate)(const PlanView<Real>&, const Batch<Real>&, const Results<Real>&, double* scratch);
};

// The entry points of one instruction set.
struct Kernels {
    const char* name;
    Evaluator<double> double_lanes;
    const Evaluator<float>* single_lanes;
    unsigned long (*dual_scratch_size)(const PlanView<double>&, int longest);  // doubles
    void (*differentiate)(const PlanView<double>&, const Batch<double>&, const ParameterGradient&, double* scratch);
};

const Kernels& kernels();  // the best this machine runs

}  // namespace argyro
