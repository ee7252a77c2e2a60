// Short-range repulsion of Ziegler, Biersack and Littmark, switched off smoothly below a radius given per pair of
// species.
#pragma once

#include "mtp.hpp"

namespace argyro {

// Adds 1/2 sum_j phi(r_ij) to the site energies and its derivative to the gradients (either may be null).
template <class Real>
void add_zbl(const Parameters& parameters, const Centres<Real>& centres, const Results<Real>& results);

int atomic_number(const std::string& symbol);  // throws std::invalid_argument

}  // namespace argyro
