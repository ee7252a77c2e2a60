// Unit vectors and radial functions in single precision: row k belongs to the k-th neighbour of every centre.
//
// A pair is one vector of four, x, y, z and the species; those of all lanes are transposed on the fly, on the way back
// the gradients, too. Chebyshev polynomials are summed as such, because powers of x would lose two more digits.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

typedef float Quad __attribute__((vector_size(16)));
typedef float UnalignedQuad __attribute__((vector_size(16), aligned(4), may_alias));

inline Quad load_quad(const float* p) { return *reinterpret_cast<const UnalignedQuad*>(p); }

// One vector from W / 4 quads, those of lanes i, i + 4, i + 8, ...
inline V joined(const float* const* from, int i) {
#if defined(ARGYRO_ISA_AVX512)
    typedef float Half __attribute__((vector_size(32)));
    const Half low = __builtin_shufflevector(load_quad(from[i]), load_quad(from[i + 4]), 0, 1, 2, 3, 4, 5, 6, 7);
    const Half high = __builtin_shufflevector(load_quad(from[i + 8]), load_quad(from[i + 12]), 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#elif defined(ARGYRO_ISA_AVX2)
    return __builtin_shufflevector(load_quad(from[i]), load_quad(from[i + 4]), 0, 1, 2, 3, 4, 5, 6, 7);
#else
    return load_quad(from[i]);
#endif
}

template <int PART>
inline Quad part(V v) {
    return __builtin_shufflevector(v, v, 4 * PART, 4 * PART + 1, 4 * PART + 2, 4 * PART + 3);
}

// Takes numbers FIRST, FIRST + 1 of every four of a, then those of b.
template <int FIRST>
inline V side_by_side(V a, V b) {
    Mask mask = Mask{};
#pragma GCC unroll 16
    for (int l = 0; l < W; ++l) mask[l] = (l & ~3) + FIRST + (l & 1) + (l & 2 ? W : 0);
    return __builtin_shuffle(a, b, mask);
}

// Takes numbers FIRST, FIRST + 1 of every four of a and b in turn.
template <int FIRST>
inline V interleaved(V a, V b) {
    Mask mask = Mask{};
#pragma GCC unroll 16
    for (int l = 0; l < W; ++l) mask[l] = (l & ~3) + FIRST + (l & 2 ? 1 : 0) + (l & 1 ? W : 0);
    return __builtin_shuffle(a, b, mask);
}

// Transposes every four by four block.
inline void transpose_fours(V* v) {
    const V low = interleaved<0>(v[0], v[1]), high = interleaved<2>(v[0], v[1]);
    const V low2 = interleaved<0>(v[2], v[3]), high2 = interleaved<2>(v[2], v[3]);
    v[0] = side_by_side<0>(low, low2);
    v[1] = side_by_side<2>(low, low2);
    v[2] = side_by_side<0>(high, high2);
    v[3] = side_by_side<2>(high, high2);
}

// The pairs of the centres in all lanes. Lanes without a centre repeat the last one.
struct LanePairs {
    const float* first[W];
    int count[W];  // falls from lane to lane
    Mask centre_row;

    LanePairs(const View& plan, const Group& batch) {
        for (int lane = 0; lane < W; ++lane) {
            const int centre = batch.members[lane < batch.size ? lane : batch.size - 1];
            const int begin = batch.centres.offsets[centre];
            first[lane] = batch.centres.rij_A + QUAD * static_cast<long>(begin);
            count[lane] = batch.centres.offsets[centre + 1] - begin;
            centre_row[lane] = batch.centres.types[centre] * plan.species_count;
        }
    }
};

// table[index[l]] in lane l; ONE: the table has 16 entries.
template <bool ONE>
inline V pick(const float* table, Mask index, int entries) {
#if defined(ARGYRO_ISA_AVX512) || defined(ARGYRO_ISA_AVX2)
    V out = __builtin_shuffle(load(table), index);
    const int end = ONE ? 16 : entries;
#pragma GCC unroll 2
    for (int e = W; e < end; e += W) {
        const V next = __builtin_shuffle(load(table + e), index);
        out = index >= e ? next : out;
    }
    return out;
#else
    (void)entries;
    V out;
    for (int l = 0; l < W; ++l) out[l] = table[index[l]];
    return out;
#endif
}

// Rows of x, y, z, f_mu, 1/r and df_mu/dr. Q: number of polynomials if known when compiled, else 0.
template <int Q, bool ONE>
inline void fill_row(const View& plan, V x, V y, V z, Mask index, V* row) {
    const int n = plan.radial_functions, size = Q ? Q : plan.radial_size;
    const V r = root(x * x + y * y + z * z), inverse = 1.0f / r;
    row[0] = x * inverse;
    row[1] = y * inverse;
    row[2] = z * inverse;
    row[3 + n] = inverse;
    const float scale = 2.0f / (plan.cutoff - plan.min_dist);
    const V argument = scale * (r - plan.min_dist) - 1.0f, twice = argument + argument;
    V left = plan.cutoff - r;
    left = left > 0.0f ? left : V{};
    const V square = left * left, dsquare = -2.0f * left, scaled = scale * square;
    V t[Q ? Q : MAX_RADIAL], d[Q ? Q : MAX_RADIAL];  // T_q and its derivative
    t[0] = one<V>(), d[0] = V{};
    if (size > 1) t[1] = argument, d[1] = one<V>();
    for (int q = 2; q < size; ++q) {
        t[q] = twice * t[q - 1] - t[q - 2];
        d[q] = 2.0f * t[q - 1] + (twice * d[q - 1] - d[q - 2]);
    }
    const float* table = plan.radial_table;
    for (int mu = 0; mu < n; ++mu) {
        V p = pick<ONE>(table, index, plan.pair_entries), slope = V{};
        table += plan.pair_entries;
        for (int q = 1; q < size; ++q, table += plan.pair_entries) {
            const V coefficient = pick<ONE>(table, index, plan.pair_entries);
            p += coefficient * t[q];
            slope += coefficient * d[q];
        }
        row[3 + mu] = square * p;
        row[4 + n + mu] = scaled * slope + dsquare * p;
    }
}

template <int Q, bool ONE>
void fill_rows(const View& plan, const LanePairs& pairs, int neighbours, Layout<V>& at) {
    const float padding[QUAD] = {plan.cutoff, 0.0f, 0.0f, 0.0f};
    const int everywhere = pairs.count[W - 1];
    for (int k = 0; k < neighbours; ++k) {
        const float* from[W];
        if (k < everywhere)
            for (int lane = 0; lane < W; ++lane) from[lane] = pairs.first[lane] + QUAD * k;
        else
            for (int lane = 0; lane < W; ++lane)
                from[lane] = k < pairs.count[lane] ? pairs.first[lane] + QUAD * k : padding;
        V v[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) v[i] = joined(from, i);
        transpose_fours(v);
        const Mask index = pairs.centre_row + __builtin_convertvector(v[3], Mask);
        fill_row<Q, ONE>(plan, v[0], v[1], v[2], index, at.neighbours + static_cast<long>(k) * at.rows);
    }
}

// All centres of the batch.
void fill(const View& plan, const Group& batch, Layout<V>& at) {
    const LanePairs pairs(plan, batch);
    const bool one = plan.pair_entries == 16;
    if (plan.radial_size == 8 && one)
        fill_rows<8, true>(plan, pairs, batch.longest, at);
    else if (plan.radial_size == 8)
        fill_rows<8, false>(plan, pairs, batch.longest, at);
    else
        fill_rows<0, false>(plan, pairs, batch.longest, at);
}

template <int PART>
inline void store_parts(const V* rows, float* const* to, int lanes) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
        if (4 * PART + i < lanes) *reinterpret_cast<UnalignedQuad*>(to[4 * PART + i]) = part<PART>(rows[i]);
    if constexpr (4 * PART + 4 < W)
        if (4 * PART + 4 < lanes) store_parts<PART + 1>(rows, to, lanes);
}

void write_gradients(const Group& batch, const Layout<V>& at, float* out) {
    int count[W], lanes = batch.size;
    float* to[W];
    for (int lane = 0; lane < batch.size; ++lane) {
        const int* offset = batch.centres.offsets + batch.members[lane];
        to[lane] = out + QUAD * static_cast<long>(offset[0]);
        count[lane] = offset[1] - offset[0];
    }
    for (int k = 0; k < batch.longest; ++k) {
        while (count[lanes - 1] <= k) --lanes;
        const V* row = at.neighbours + static_cast<long>(k) * at.rows;
        V v[4] = {row[0], row[1], row[2], V{}};
        transpose_fours(v);
        if (lanes == W)
            store_parts<0>(v, to, W);
        else
            store_parts<0>(v, to, lanes);
        for (int lane = 0; lane < lanes; ++lane) to[lane] += QUAD;
    }
}

}  // namespace
