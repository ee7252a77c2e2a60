// Plain structures for calls into the kernel; free of standard headers, since the *_simd.cpp files include it too.
#pragma once

namespace argyro {

// Any number of centre atoms with full neighbour lists, one after the other; many at a time is fast (one per SIMD lane,
// centres of similar neighbour count side by side), a few hundred per call are a good measure.
// Pairs at or beyond the cutoff contribute nothing but cost time: leave them out.
struct Centres {
    int count = 0;
    const int* types = nullptr;            // [count], 0 .. species_count - 1
    const int* offsets = nullptr;          // [count + 1]: pairs offsets[i] .. offsets[i+1] - 1 belong to centre i
    const double* rij_A = nullptr;         // [pairs][3], r_j - r_i
    const int* neighbour_types = nullptr;  // [pairs]
};

// Where results go; a null pointer means not wanted. All are overwritten.
struct Results {
    double* energies_eV = nullptr;     // [count] site energies
    double* gradients_eV_A = nullptr;  // [pairs][3] dE_i/dr_ij
    double* basis = nullptr;           // [count][basis_size] B_k, in the order of the .mtp file
};

}  // namespace argyro
