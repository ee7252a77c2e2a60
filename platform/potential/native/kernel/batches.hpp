// Centres in batches of one per lane, those with similar neighbour counts together.
#pragma once

#include <functional>
#include <vector>

#include "potential.hpp"

namespace argyro {

void for_batches(const Centres& centres, const std::function<void(const Batch&)>& work);

}  // namespace argyro
