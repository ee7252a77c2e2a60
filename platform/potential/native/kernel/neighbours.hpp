// Full neighbour lists of periodic cells of any size and shape.
#pragma once

#include <vector>

namespace argyro {

struct NeighbourList {
    std::vector<int> offsets;   // [atoms + 1]
    std::vector<int> indices;   // [pairs] the neighbour's atom in the cell
    std::vector<double> rij_A;  // [pairs][3]
};

constexpr int MAX_NEIGHBOURS = 10000;  // of one atom; 30 Å reach about as many in a dense crystal

// All pairs closer than the cutoff, an atom's own images included. cell: rows are the vectors; a cell vector of a
// direction that is not periodic may be zero. Throws std::invalid_argument if the periodic vectors span no volume or an
// atom has more than MAX_NEIGHBOURS neighbours, Interrupted if the user asked to stop.
NeighbourList find_neighbours(int atoms, const double* positions_A, const double* cell_A, const bool* periodic,
                              double cutoff_A);

}  // namespace argyro
