// A configuration with its neighbour list, ready to be evaluated many times.
#pragma once

#include <vector>

#include "mtp.hpp"
#include "neighbours.hpp"

namespace argyro {

struct Frame {
    Frame(int atoms, const double* positions_A, const double* cell_A, const bool* periodic, const int* types,
          int species_count, double cutoff_A);

    int atoms() const { return static_cast<int>(types.size()); }
    Centres<> centres(int begin, int end) const;  // centres begin .. end - 1
    Centres<> centres() const { return centres(0, atoms()); }

    std::vector<int> types, neighbour_types;
    NeighbourList list;
    int species_count;
    double volume_A3 = 0.0;  // 0 unless periodic in three directions
};

// [species][species] shortest distance of each pair of species, infinite where none is within the cutoff.
std::vector<double> shortest_distances(const Frame& frame);

// -dE/dr of every atom from the pairs' dE_i/dr_ij.
void add_forces(const Frame& frame, const double* gradients, double* forces_eV_A);

// sum over pairs of r_a dE/dr_b, symmetrised: xx, yy, zz, yz, xz, xy. Divided by the volume it is the stress.
void add_strain_derivative(const Frame& frame, const double* gradients, double* virial_eV);

}  // namespace argyro
