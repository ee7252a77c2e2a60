#include "arithmetic.hpp"

#include "potential.hpp"

namespace argyro {

Operations count_operations(const Potential& potential) {
    const PlanView<double>& plan = potential.plan().view;
    Operations count;
    const double inner = plan.inner_offset[plan.intermediates], outer = plan.row_offset[plan.rows];
    count.per_atom =
        2.0 * inner + 3.0 * inner + 2.0 * outer + plan.rows;  // forward, adjoint; the quadratic form and its adjoint
    const double radial = 4.0 * plan.radial_size + 2.0 * plan.radial_size * plan.radial_functions;
    const double monomials = plan.monomial_offset[plan.ranks];
    const double forward = monomials + plan.basic;
    const double backward = monomials + 2.0 * plan.basic + 2.0 * (monomials - 1.0) + plan.radial_functions;
    count.per_pair = radial + forward + backward;
    return count;
}

}  // namespace argyro
