// Unit vectors and radial functions in double precision, with lanes over centres: row k belongs to the k-th neighbour of every centre.
//
// Each lane may hold another pair of species. The radial functions are polynomials times (r_c - r)^2, and one
// coefficient for all lanes is picked from the W by W table of all pairs of species by a shuffle, cheaper than sorting
// the neighbours by species.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

// table[index[l]] in lane l; ONE: the table fits in two vectors.
template <bool ONE>
inline V pick(const double* table, Mask index, int entries) {
#if defined(ARGYRO_ISA_AVX512)
    V out = __builtin_shuffle(load(table), load(table + W), index);
    if constexpr (!ONE)
        for (int e = 2 * W; e < entries; e += 2 * W) {
            const V next = __builtin_shuffle(load(table + e), load(table + e + W), index);
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

// Copies the neighbours of a centre into its lane; the padding up to the longest list lies at the cutoff.
inline void fill_lane(const View& plan, const Centres<Real>& all, int centre, int neighbours, Layout<V>& at, int lane) {
    const int first = all.offsets[centre], count = all.offsets[centre + 1] - first;
    const long long pair = static_cast<long long>(all.types[centre]) * plan.species_count;
    const double* r = all.rij_A + static_cast<long>(all.stride) * first;
    double* out = at.displacements + lane;
    long long* index = at.pair_types + lane;
    for (int k = 0; k < count; ++k, r += all.stride, out += 3 * W, index += W) {
        out[0] = r[0];
        out[W] = r[1];
        out[2 * W] = r[2];
        *index = pair + neighbour_type(all, first + k);
    }
    for (int k = count; k < neighbours; ++k, out += 3 * W, index += W) {
        out[0] = plan.cutoff;
        out[W] = out[2 * W] = 0.0;
        *index = 0;
    }
}

// f = (r_c - r)^2 p(x) and df/dr, p by Horner's rule. Q: number of coefficients if known when compiled, else 0.
template <int Q, bool ONE>
inline void powers(const View& plan, int mu, V x, Mask index, V& value, V& slope) {
    const int size = Q ? Q : plan.radial_size;
    const double* table = plan.radial_table + static_cast<long>(mu) * size * plan.pair_entries;
    V p = pick<ONE>(table + (size - 1) * plan.pair_entries, index, plan.pair_entries), d = V{};
    for (int q = size - 2; q >= 0; --q) {
        d = d * x + p;
        p = p * x + pick<ONE>(table + q * plan.pair_entries, index, plan.pair_entries);
    }
    value = p;
    slope = d;
}

// The same from Chebyshev coefficients, by Clenshaw's rule and its derivative: for sizes where powers lose digits.
template <bool ONE>
inline void chebyshev(const View& plan, int mu, V x, Mask index, V& value, V& slope) {
    const double* table = plan.radial_table + static_cast<long>(mu) * plan.radial_size * plan.pair_entries;
    V p1 = V{}, p2 = V{}, d1 = V{}, d2 = V{};
    for (int q = plan.radial_size - 1; q > 0; --q) {
        const V p0 = 2.0 * x * p1 - p2 + pick<ONE>(table + q * plan.pair_entries, index, plan.pair_entries);
        const V d0 = 2.0 * (x * d1 + p1) - d2;
        p2 = p1, p1 = p0, d2 = d1, d1 = d0;
    }
    value = x * p1 - p2 + pick<ONE>(table, index, plan.pair_entries);
    slope = x * d1 + p1 - d2;
}

// Rows of x, y, z, f_mu, 1/r and df_mu/dr.
template <int Q, bool ONE>
void fill_row(const View& plan, const double* displacement, Mask index, V* row) {
    const int n = plan.radial_functions;
    const V x = load(displacement), y = load(displacement + W), z = load(displacement + 2 * W);
    const V r = root(x * x + y * y + z * z), inverse = 1.0 / r;
    row[0] = x * inverse;
    row[1] = y * inverse;
    row[2] = z * inverse;
    row[3 + n] = inverse;
    const double scale = 2.0 / (plan.cutoff - plan.min_dist);
    const V argument = scale * (r - plan.min_dist) - 1.0;
    V left = plan.cutoff - r;
    left = left > 0.0 ? left : V{};
    const V square = left * left, dsquare = -2.0 * left, scaled = scale * square;
    for (int mu = 0; mu < n; ++mu) {
        V p, d;
        if (plan.radial_powers)
            powers<Q, ONE>(plan, mu, argument, index, p, d);
        else
            chebyshev<ONE>(plan, mu, argument, index, p, d);
        row[3 + mu] = square * p;
        row[4 + n + mu] = scaled * d + dsquare * p;
    }
}

template <int Q, bool ONE>
void fill_rows(const View& plan, int neighbours, Layout<V>& at) {
    for (int k = 0; k < neighbours; ++k)
        fill_row<Q, ONE>(plan, at.displacements + 3 * W * k, *reinterpret_cast<const Mask*>(at.pair_types + W * k),
                         at.neighbours + static_cast<long>(k) * at.rows);
}

// All centres of the batch.
void fill(const View& plan, const Group& batch, Layout<V>& at) {
    const int neighbours = batch.longest;
    for (int lane = 0; lane < W; ++lane)  // lanes without a centre repeat the last one
        fill_lane(plan, batch.centres, batch.members[lane < batch.size ? lane : batch.size - 1], neighbours, at, lane);
    const bool one = plan.pair_entries <= 2 * W;
    if (plan.radial_size == 8 && one)
        fill_rows<8, true>(plan, neighbours, at);
    else if (plan.radial_size == 8)
        fill_rows<8, false>(plan, neighbours, at);
    else
        fill_rows<0, false>(plan, neighbours, at);
}

void write_gradients(const Group& batch, const Layout<V>& at, double* out) {
    const long stride = batch.centres.stride;
    for (int lane = 0; lane < batch.size; ++lane) {
        const int first = batch.centres.offsets[batch.members[lane]];
        const int count = batch.centres.offsets[batch.members[lane] + 1] - first;
        for (int k = 0; k < count; ++k) {
            double* to = out + stride * (first + k);
            const V* from = at.neighbours + static_cast<long>(k) * at.rows;
            for (int c = 0; c < 3; ++c) to[c] = from[c][lane];
        }
    }
}

}  // namespace
