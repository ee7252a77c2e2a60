// From the adjoints of the moments to the gradient of every pair.
#pragma once

#include "moments_simd.hpp"

namespace {
using namespace argyro;

template <class S, int N>
void monomials_of_rank(const View& plan, int rank, const S* a, const S* b, S* monomials) {
    build_rank(rank, a, b, monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0,
               [](int, S, S) {});
}

// Adjoints of the f_mu of two neighbours: sum over monomials of adjoint times monomial.
template <class S, int N>
void radial_adjoints_of_rank(const View& plan, int rank, const S* a, const S* b, Layout<S>& at, S* pa, S* pb) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const S* adjoints = at.adjoints + plan.moment_offset[rank];
    build_rank(rank, a, b, at.monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0,
               [=](int i, S ma, S mb) {
                   for (int mu = 0; mu < n; ++mu) {
                       multiply_add(pa[mu], adjoints[i * n + mu], ma);
                       multiply_add(pb[mu], adjoints[i * n + mu], mb);
                   }
               });
}

struct Pull {  // what is gathered from the monomials of two neighbours: gradient by the unit vector, and adjoints of
               // f_mu
    V ga[3], gb[3];
    V pa[MAX_RADIAL], pb[MAX_RADIAL];
};

// chain[t] is the adjoint of monomial t with everything built from it; ranks come from the highest down.
template <class S, int N>
void gradient_of_rank(const View& plan, int rank, const V* a, const V* b, Layout<V>& at, Pull& pull) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const int size = rank_size(rank);
    const V *fa = a + 3, *fb = b + 3;
    const V* adjoints = at.adjoints + plan.moment_offset[rank];
    const V* monomials = at.monomials + 2 * plan.monomial_offset[rank];
    V* chain = at.chain + 2 * plan.monomial_offset[rank];
    const V* above = at.chain + 2 * plan.monomial_offset[rank + 1];
    const bool top = rank + 1 == plan.ranks;
    V pa[N > 0 ? N : MAX_RADIAL], pb[N > 0 ? N : MAX_RADIAL];
    for (int mu = 0; mu < n; ++mu) pa[mu] = pull.pa[mu], pb[mu] = pull.pb[mu];
    for (int i = 0; i < size; ++i) {
        const V ma = monomials[2 * i], mb = monomials[2 * i + 1];
        V wa = V{}, wb = V{};
        for (int mu = 0; mu < n; ++mu) {
            const V adjoint = adjoints[i * n + mu];
            wa += adjoint * fa[mu];
            wb += adjoint * fb[mu];
            pa[mu] += adjoint * ma;
            pb[mu] += adjoint * mb;
        }
        if (!top) {
            wa += a[0] * above[2 * i];
            wb += b[0] * above[2 * i + 1];
            pull.ga[0] += ma * above[2 * i];
            pull.gb[0] += mb * above[2 * i + 1];
        }
        chain[2 * i] = wa;
        chain[2 * i + 1] = wb;
    }
    for (int mu = 0; mu < n; ++mu) pull.pa[mu] = pa[mu], pull.pb[mu] = pb[mu];
    if (top) return;
    auto along = [&](int from, int child, int axis) {
        for (int i = from; i < size; ++i, ++child) {
            chain[2 * i] += a[axis] * above[2 * child];
            chain[2 * i + 1] += b[axis] * above[2 * child + 1];
            pull.ga[axis] += monomials[2 * i] * above[2 * child];
            pull.gb[axis] += monomials[2 * i + 1] * above[2 * child + 1];
        }
    };
    along(size - rank - 1, size, 1);
    along(size - 1, size + rank + 1, 2);
}

// dE/dr = (df/dr . p) e + (g - (g.e) e) / r, overwriting the unit vector.
inline void finish_gradient(const View& plan, V* row, const V* g, const V* p) {
    const int n = plan.radial_functions;
    V radial = V{};
    for (int mu = 0; mu < n; ++mu) radial += row[4 + n + mu] * p[mu];
    const V inverse = row[3 + n];
    const V along = radial - inverse * (g[0] * row[0] + g[1] * row[1] + g[2] * row[2]);
    for (int c = 0; c < 3; ++c) row[c] = along * row[c] + inverse * g[c];
}

void pair_gradients_by_two(const View& plan, int neighbours, Layout<V>& at) {
    using S = V;
    for (int k = 0; k < neighbours; k += 2) {
        V *a = at.neighbours + static_cast<long>(k) * at.rows, *b = a + at.rows;
        Pull pull;
        for (int c = 0; c < 3; ++c) pull.ga[c] = pull.gb[c] = V{};
        for (int mu = 0; mu < plan.radial_functions; ++mu) pull.pa[mu] = pull.pb[mu] = V{};
        for (int rank = 0; rank < plan.ranks; ++rank) monomials_of_rank<V, 0>(plan, rank, a, b, at.monomials);
        for (int rank = plan.ranks - 1; rank >= 0; --rank)
            ARGYRO_BY_MU_COUNT(plan.mu_count[rank], gradient_of_rank, plan, rank, a, b, at, pull)
        finish_gradient(plan, a, pull.ga, pull.pa);
        finish_gradient(plan, b, pull.gb, pull.pb);
    }
}

// The same with the number of ranks known when compiled: one neighbour at a time, everything in registers or nearly.
template <int RANKS>
void pair_gradients_of_few(const View& plan, int neighbours, Layout<V>& at) {
    constexpr int SIZE = RANKS * (RANKS + 1) * (RANKS + 2) / 6;
    const int n = plan.radial_functions;
    for (int k = 0; k < neighbours; ++k) {
        V* row = at.neighbours + static_cast<long>(k) * at.rows;
        const V e[3] = {row[0], row[1], row[2]}, inverse = row[3 + n];
        V monomials[SIZE], chain[SIZE], g[3] = {V{}, V{}, V{}}, radial = V{};
        monomials[0] = one<V>();
        // what a rank's monomials are made of: parent, child and axis, in the order of build_rank
        auto descend = [](int rank, auto use) __attribute__((always_inline)) {
            const int below = rank_size(rank - 1), parents = first_monomial(rank - 1), children = first_monomial(rank);
#pragma GCC unroll 32
            for (int i = 0; i < below; ++i) use(parents + i, children + i, 0);
#pragma GCC unroll 32
            for (int i = 0; i < rank; ++i) use(parents + below - rank + i, children + below + i, 1);
            use(parents + below - 1, children + below + rank, 2);
        };
#pragma GCC unroll 8
        for (int rank = 1; rank < RANKS; ++rank)
            descend(rank, [&](int parent, int child, int axis) { monomials[child] = monomials[parent] * e[axis]; });
#pragma GCC unroll 8
        for (int rank = RANKS - 1; rank >= 0; --rank) {
            const int first = first_monomial(rank), size = rank_size(rank), count = plan.mu_count[rank];
#pragma GCC unroll 32
            for (int i = 0; i < size; ++i) chain[first + i] = V{};
            const V* adjoints = at.adjoints + plan.moment_offset[rank];
            for (int mu = 0; mu < count; ++mu, ++adjoints) {
                const V f = row[3 + mu];
                V sum = V{};
#pragma GCC unroll 32
                for (int i = 0; i < size; ++i) {
                    const V adjoint = adjoints[i * count];
                    chain[first + i] += adjoint * f;
                    sum += adjoint * monomials[first + i];
                }
                radial += row[4 + n + mu] * sum;
            }
            if (rank + 1 < RANKS)
                descend(rank + 1, [&](int parent, int child, int axis) {
                    chain[parent] += e[axis] * chain[child];
                    g[axis] += monomials[parent] * chain[child];
                });
        }
        const V along = radial - inverse * (g[0] * e[0] + g[1] * e[1] + g[2] * e[2]);
        for (int c = 0; c < 3; ++c) row[c] = along * e[c] + inverse * g[c];
    }
}

void pair_gradients(const View& plan, int neighbours, Layout<V>& at) {
    switch (plan.ranks) {
        case 1:
            return pair_gradients_of_few<1>(plan, neighbours, at);
        case 2:
            return pair_gradients_of_few<2>(plan, neighbours, at);
        case 3:
            return pair_gradients_of_few<3>(plan, neighbours, at);
        case 4:
            return pair_gradients_of_few<4>(plan, neighbours, at);
        case 5:
            return pair_gradients_of_few<5>(plan, neighbours, at);
        default:
            return pair_gradients_by_two(plan, neighbours, at);
    }
}

}  // namespace
