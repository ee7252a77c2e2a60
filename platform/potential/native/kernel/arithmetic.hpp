// Counts the multiply-adds of an energy with forces from the tables: a lower limit for every implementation of this
// scheme.
#pragma once

#include "mtp.hpp"

namespace argyro {

struct Operations {
    double per_atom = 0.0;  // contractions and their adjoints
    double per_pair = 0.0;  // radial functions, moments, gradient
};

Operations count_operations(const Potential& potential);

}  // namespace argyro
