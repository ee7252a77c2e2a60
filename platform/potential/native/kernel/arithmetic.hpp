// How many multiply-adds an energy with forces takes, counted from the tables: the limit no implementation of this
// scheme passes.
#pragma once

#include "mtp.hpp"

namespace argyro {

struct Operations {
    double per_atom = 0.0;  // contractions and their adjoints
    double per_pair = 0.0;  // radial functions, moments, gradient
};

Operations count_operations(const Potential& potential);

}  // namespace argyro
