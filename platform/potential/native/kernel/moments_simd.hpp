// Basic moments, lanes over centres: sums over neighbours of f_mu x^a y^b z^c.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

template <int N>
struct Constant {
    static constexpr int value = N;
};

// Calls `use` with the number of ranks as a constant if the loops over it are unrolled, else with 0.
template <class Use>
inline void with_ranks(int ranks, Use use) {
    switch (ranks) {
        case 1:
            return use(Constant<1>{});
        case 2:
            return use(Constant<2>{});
        case 3:
            return use(Constant<3>{});
        case 4:
            return use(Constant<4>{});
        case 5:
            return use(Constant<5>{});
        case 6:
            return use(Constant<6>{});
        case 7:
            return use(Constant<7>{});
        case 8:
            return use(Constant<8>{});
        case 9:
            return use(Constant<9>{});
        default:
            return use(Constant<0>{});
    }
}

// Adds the monomials of two neighbours, each times f_mu, to the moments of one mu.
template <int RANKS, class S>
inline void add_monomials(int ranks, const S* first, const S* second, int mu, S* sums) {
    const int n = RANKS ? RANKS : ranks;
    S p = first[3 + mu], q = second[3 + mu];
#pragma GCC unroll 9
    for (int c = 0; c < n; ++c) {
        S p_z = p, q_z = q;
        p = p * first[2], q = q * second[2];
#pragma GCC unroll 9
        for (int b = 0; b < n - c; ++b) {
            S p_yz = p_z, q_yz = q_z;
            p_z = p_z * first[1], q_z = q_z * second[1];
#pragma GCC unroll 9
            for (int a = 0; a < n - c - b; ++a) {
                S sum = *sums;
                sum += p_yz;
                sum += q_yz;
                *sums++ = sum;
                p_yz = p_yz * first[0], q_yz = q_yz * second[0];
            }
        }
    }
}

template <class S>
const S* neighbour(const Layout<S>& at, int k) {
    return reinterpret_cast<const S*>(at.neighbours + static_cast<long>(k) * at.rows);
}

// The row behind an odd number of neighbours is zero.
template <class S>
void basic_moments(const View& plan, int neighbours, Layout<S>& at) {
    for (int m = 0; m < plan.basic; ++m) at.moments[m] = zero<S>();
    for (int mu = 0; mu < plan.radial_functions; ++mu)
        with_ranks(plan.ranks[mu], [&](auto ranks) {
            for (int k = 0; k < neighbours; k += 2)
                add_monomials<decltype(ranks)::value>(plan.ranks[mu], neighbour(at, k), neighbour(at, k + 1), mu,
                                                      at.moments + plan.moment_offset[mu]);
        });
}

}  // namespace
