// Plain structures for calls into the kernel; free of standard headers, since the *_simd.cpp files include it too.
#pragma once

namespace argyro {

constexpr int QUAD = 4;  // numbers per pair in single precision: x, y, z and the species

// Any number of centre atoms with full neighbour lists, one after the other; many at a time is fast (one per SIMD lane,
// centres of similar neighbour count side by side), a few hundred per call are enough.
// Pairs at or beyond the cutoff contribute nothing but cost time: leave them out.
// Single precision needs a stride of QUAD.
template <class Real = double>
struct Centres {
    int count = 0;
    const int* types = nullptr;            // [count], 0 .. species_count - 1
    const int* offsets = nullptr;          // [count + 1]: pairs offsets[i] .. offsets[i+1] - 1 belong to centre i
    const Real* rij_A = nullptr;           // [pairs][stride], r_j - r_i in the first three
    const int* neighbour_types = nullptr;  // [pairs]; null: they follow r_ij, as the fourth number
    int stride = 3;                        // numbers from one pair to the next, in rij_A and in the gradients
};

template <class Real>
static inline int neighbour_type(const Centres<Real>& all, long pair) {
    return all.neighbour_types ? all.neighbour_types[pair] : static_cast<int>(all.rij_A[all.stride * pair + 3]);
}

// Where results go; a null pointer: not computed. All are overwritten.
template <class Real = double>
struct Results {
    double* energies_eV = nullptr;   // [count] site energies
    Real* gradients_eV_A = nullptr;  // [pairs][stride] dE_i/dr_ij in the first three
    double* basis = nullptr;         // [count][basis_size] B_k, in the order of the .mtp file
};

}  // namespace argyro
