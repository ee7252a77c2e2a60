// Centres in batches of one per lane, those with similar neighbour counts together.
#pragma once

#include <functional>
#include <vector>

#include "potential.hpp"

namespace argyro {

template <class Real>
void for_batches(const Centres<Real>& centres, const std::function<void(const Batch<Real>&)>& work);

}  // namespace argyro
