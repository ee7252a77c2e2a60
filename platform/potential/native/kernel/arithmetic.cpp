#include "arithmetic.hpp"

#include <algorithm>

#include "potential.hpp"

namespace argyro {

namespace {

// Sums of all monomials, each made of another one and added; value and gradient by Horner's rule, added for all mu.
double operations_of_polynomial(int ranks) {
    const double all = monomials_below(ranks), inner = monomials_below(ranks - 1);
    const double sums = all + std::max(0.0, inner - 1.0);
    const double value = all - 1.0, by_x = std::max(0.0, inner - 1.0);
    const double by_y = std::max(0.0, ranks * (ranks - 1.0) / 2.0 - 1.0), by_z = std::max(0.0, ranks - 2.0);
    return sums + value + by_x + by_y + by_z + 4.0;
}

}  // namespace

Operations count_operations(const Potential& potential) {
    const PlanView<double>& plan = potential.plan().view;
    Operations count;
    const double inner = plan.inner_offset[plan.intermediates], outer = plan.row_offset[plan.rows];
    count.per_atom =
        2.0 * inner + 3.0 * inner + 2.0 * outer + plan.rows;  // forward, adjoint; the quadratic form and its adjoint
    const double radial = 4.0 * plan.radial_size + 2.0 * plan.radial_size * plan.radial_functions;
    count.per_pair = radial;
    for (int mu = 0; mu < plan.radial_functions; ++mu)
        if (plan.ranks[mu] > 0) count.per_pair += operations_of_polynomial(plan.ranks[mu]);
    return count;
}

}  // namespace argyro
