// From the adjoints of the moments to the gradient of every pair.
#pragma once

#include "polynomials_simd.hpp"

namespace {
using namespace argyro;

// dE/dr = s e + (g - (g.e) e) / r overwrites the unit vector e; g = sum_mu f_mu grad P_mu, s = sum_mu df_mu/dr P_mu.
void pair_gradients(const View& plan, int neighbours, Layout<V>& at) {
    const int n = plan.radial_functions;
    for (int k = 0; k < neighbours; ++k) {
        V* row = at.neighbours + static_cast<long>(k) * at.rows;
        const V e[3] = {row[0], row[1], row[2]}, inverse = row[3 + n];
        V g[3] = {V{}, V{}, V{}}, radial = V{};
        for (int mu = 0; mu < n; ++mu)
            with_ranks(plan.ranks[mu], [&](auto ranks) {
                const Jet p = polynomial<decltype(ranks)::value>(plan.ranks[mu], at.adjoints + plan.moment_offset[mu],
                                                                 e[0], e[1], e[2]);
                for (int c = 0; c < 3; ++c) g[c] += row[3 + mu] * p.gradient[c];
                radial += row[4 + n + mu] * p.value;
            });
        const V along = radial - inverse * (g[0] * e[0] + g[1] * e[1] + g[2] * e[2]);
        for (int c = 0; c < 3; ++c) row[c] = along * e[c] + inverse * g[c];
    }
}

}  // namespace
