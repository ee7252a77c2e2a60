#include "frame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace argyro {

Frame::Frame(int atoms, const double* positions_A, const double* cell_A, const bool* periodic, const int* types_in,
             int species, double cutoff_A)
    : types(types_in, types_in + atoms),
      list(find_neighbours(atoms, positions_A, cell_A, periodic, cutoff_A)),
      species_count(species) {
    neighbour_types.reserve(list.indices.size());
    for (int j : list.indices) neighbour_types.push_back(types[j]);
    if (periodic[0] && periodic[1] && periodic[2]) {
        const double *a = cell_A, *b = cell_A + 3, *c = cell_A + 6;
        volume_A3 = std::abs(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
                             a[2] * (b[0] * c[1] - b[1] * c[0]));
    }
}

Centres<> Frame::centres(int begin, int end) const {
    return {end - begin, types.data() + begin, list.offsets.data() + begin, list.rij_A.data(), neighbour_types.data()};
}

std::vector<double> shortest_distances(const Frame& frame) {
    std::vector<double> shortest(std::size_t(frame.species_count) * frame.species_count,
                                 std::numeric_limits<double>::infinity());
    for (int i = 0; i < frame.atoms(); ++i)
        for (int k = frame.list.offsets[i]; k < frame.list.offsets[i + 1]; ++k) {
            const double* r = &frame.list.rij_A[3L * k];
            double& least = shortest[std::size_t(frame.types[i]) * frame.species_count + frame.neighbour_types[k]];
            least = std::min(least, r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
        }
    for (double& least : shortest) least = std::sqrt(least);
    return shortest;
}

void add_forces(const Frame& frame, const double* gradients, double* forces) {
    for (int i = 0; i < frame.atoms(); ++i)
        for (int k = frame.list.offsets[i]; k < frame.list.offsets[i + 1]; ++k) {
            const int j = frame.list.indices[k];
            for (int c = 0; c < 3; ++c) {
                forces[3 * i + c] += gradients[3L * k + c];
                forces[3 * j + c] -= gradients[3L * k + c];
            }
        }
}

void add_strain_derivative(const Frame& frame, const double* gradients, double* virial) {
    constexpr int first[6] = {0, 1, 2, 1, 0, 0}, second[6] = {0, 1, 2, 2, 2, 1};
    for (std::size_t k = 0; k < frame.list.indices.size(); ++k) {
        const double *r = &frame.list.rij_A[3 * k], *g = gradients + 3 * k;
        for (int v = 0; v < 6; ++v) virial[v] += 0.5 * (r[first[v]] * g[second[v]] + r[second[v]] * g[first[v]]);
    }
}

}  // namespace argyro
