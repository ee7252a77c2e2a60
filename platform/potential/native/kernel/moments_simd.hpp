// Basic moments, lanes over centres: ranks of monomials built one from the other.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

constexpr int rank_size(int rank) { return (rank + 1) * (rank + 2) / 2; }
constexpr int first_monomial(int rank) { return rank * (rank + 1) * (rank + 2) / 6; }

// Monomials of a rank from those of the rank below, for two neighbours side by side.
template <class S, class Use>
inline void build_rank(int rank, const S* a, const S* b, S* monomials, int offset, int below, Use use) {
    if (rank == 0) {
        monomials[0] = monomials[1] = one<S>();
        use(0, monomials[0], monomials[1]);
        return;
    }
    int i = 0;
    auto run = [&](int from, int count, int axis) {
        const S ca = a[axis], cb = b[axis];
        const S* parent = monomials + 2 * (below + from);
        for (int j = 0; j < count; ++j, ++i) {
            const S ma = ca * parent[2 * j], mb = cb * parent[2 * j + 1];
            monomials[2 * (offset + i)] = ma;
            monomials[2 * (offset + i) + 1] = mb;
            use(i, ma, mb);
        }
    };
    const int size = rank_size(rank - 1);
    run(0, size, 0);
    run(size - rank, rank, 1);
    run(size - 1, 1, 2);
}

// N: number of mu at this rank if known when compiled, else -1.
template <class S, int N>
void moments_of_rank(const View& plan, int rank, const S* a, const S* b, Layout<S>& at) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const S *fa = a + 3, *fb = b + 3;
    S* sums = at.moments + plan.moment_offset[rank];
    build_rank(rank, a, b, at.monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0,
               [=](int i, S ma, S mb) {
                   S* sum = sums + i * n;
                   for (int mu = 0; mu < n; ++mu) {
                       S s = sum[mu];
                       multiply_add(s, fa[mu], ma);
                       multiply_add(s, fb[mu], mb);
                       sum[mu] = s;
                   }
               });
}

#define ARGYRO_BY_MU_COUNT(count, function, ...) \
    switch (count) {                             \
        case 0:                                  \
            function<S, 0>(__VA_ARGS__);         \
            break;                               \
        case 1:                                  \
            function<S, 1>(__VA_ARGS__);         \
            break;                               \
        case 2:                                  \
            function<S, 2>(__VA_ARGS__);         \
            break;                               \
        case 3:                                  \
            function<S, 3>(__VA_ARGS__);         \
            break;                               \
        case 4:                                  \
            function<S, 4>(__VA_ARGS__);         \
            break;                               \
        case 5:                                  \
            function<S, 5>(__VA_ARGS__);         \
            break;                               \
        case 6:                                  \
            function<S, 6>(__VA_ARGS__);         \
            break;                               \
        default:                                 \
            function<S, -1>(__VA_ARGS__);        \
            break;                               \
    }

template <class S>
const S* neighbour(const Layout<S>& at, int k) {
    return reinterpret_cast<const S*>(at.neighbours + static_cast<long>(k) * at.rows);
}

template <class S>
void basic_moments(const View& plan, int neighbours, Layout<S>& at) {
    for (int m = 0; m < plan.basic; ++m) at.moments[m] = zero<S>();
    for (int k = 0; k < neighbours; k += 2)
        for (int rank = 0; rank < plan.ranks; ++rank)
            ARGYRO_BY_MU_COUNT(plan.mu_count[rank], moments_of_rank, plan, rank, neighbour(at, k), neighbour(at, k + 1),
                               at)
}

}  // namespace
