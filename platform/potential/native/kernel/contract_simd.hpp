// Products of moments, basis functions, and the adjoints of all moments.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

template <class S>
S sum_of_products(const Product<Real>* products, int begin, int end, const S* moments) {
    S sum = zero<S>();
    for (int p = begin; p < end; ++p)
        multiply_add(sum, products[p].factor, moments[products[p].left] * moments[products[p].right]);
    return sum;
}

template <class S>
void contract(const View& plan, S* moments) {
    for (int t = 0; t < plan.intermediates; ++t)
        moments[plan.basic + t] = sum_of_products(plan.inner, plan.inner_offset[t], plan.inner_offset[t + 1], moments);
}

template <class S>
S basis_function(const View& plan, int k, const S* moments) {
    if (plan.basis_moment[k] >= 0) return moments[plan.basis_moment[k]];
    return sum_of_products(plan.final, plan.final_offset[k], plan.final_offset[k + 1], moments);
}

inline void add_product(Wide& sum, Real x, V y) { add_product(sum, V{} + x, y); }
inline void add_product(Wide& sum, D x, D y) { add_product(sum, x.a, y.a); }
inline void add_product(Wide& sum, Real x, D y) { add_product(sum, x, y.a); }

// Energy without the species constant, of dual numbers its value; adjoints of all moments.
template <class S>
void energy_and_adjoints(const View& plan, const S* moments, S* adjoints, Wide& energy) {
    energy = Wide{};
    for (int m = 0; m < plan.moments; ++m) adjoints[m] = zero<S>();
    for (int i = 0; i < plan.linear_count; ++i) {
        const int m = plan.linear_moment[i];
        add_product(energy, plan.linear_factor[i], moments[m]);
        multiply_add(adjoints[m], plan.linear_factor[i], one<S>());
    }
    for (int row = 0; row < plan.rows; ++row) {
        const int left = plan.row_moment[row];
        const S m = moments[left];
        S sum = zero<S>();
        for (int p = plan.row_offset[row]; p < plan.row_offset[row + 1]; ++p) {
            const int right = plan.row_right[p];
            multiply_add(sum, plan.row_factor[p], moments[right]);
            multiply_add(adjoints[right], plan.row_factor[p], m);
        }
        add_product(energy, m, sum);
        adjoints[left] += sum;
    }
    for (int t = plan.intermediates - 1; t >= 0; --t) {
        const S outer = adjoints[plan.basic + t];
        for (int p = plan.inner_offset[t]; p < plan.inner_offset[t + 1]; ++p) {
            const Product<Real>& product = plan.inner[p];
            const S scaled = product.factor * outer;
            multiply_add(adjoints[product.left], scaled, moments[product.right]);
            multiply_add(adjoints[product.right], scaled, moments[product.left]);
        }
    }
}

}  // namespace
