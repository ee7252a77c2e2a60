// In dual numbers: one centre after the other, lanes over its neighbours sorted by species, since that is how the
// radial coefficients' gradient is summed; unit vectors and radial functions, then transposed to lanes over centres.
#pragma once

#include "scratch_simd.hpp"

namespace {
using namespace argyro;

// Q: number of polynomials if known when compiled, else 0.
template <int Q>
struct Radial {
    V t[Q ? Q : MAX_RADIAL], dt[Q ? Q : MAX_RADIAL];  // smoothed Chebyshev polynomials, derivatives with respect to r

    Radial(const View& plan, V r) {
        const int size = Q ? Q : plan.radial_size;
        const double slope = 2.0 / (plan.cutoff - plan.min_dist);
        const V x = slope * (r - plan.min_dist) - 1.0;
        V left = plan.cutoff - r;
        left = left > 0.0 ? left : V{};
        const V smooth = plan.scaling * left * left, dsmooth = -2.0 * plan.scaling * left;
        V p0 = V{} + 1.0, p1 = x, d0 = V{}, d1 = V{} + slope;
        for (int q = 0; q < size; ++q) {
            t[q] = smooth * p0;
            dt[q] = smooth * d0 + dsmooth * p0;
            const V p2 = 2.0 * x * p1 - p0, d2 = 2.0 * (slope * p1 + x * d1) - d0;
            p0 = p1, p1 = p2, d0 = d1, d1 = d2;
        }
    }
};

// Counting sort by species; returns group starts in begin[0 .. species_count].
int sort_neighbours(const View& plan, const Centres<Real>& all, const double* tangents, int centre, Layout<D>& at,
                    int lane, int* begin) {
    const int first = all.offsets[centre], count = all.offsets[centre + 1] - first;
    const int species = plan.species_count;
    int* order = at.order + lane * at.width;
    begin[0] = 0;
    for (int s = 0; s < species; ++s) {  // a comparison for all, faster than a histogram for the few
        int same = 0;
        for (int k = 0; k < count; ++k) same += all.neighbour_types[first + k] == s;
        begin[s + 1] = begin[s] + same;
    }
    for (int k = 0; k < count; ++k) {
        const int place = begin[all.neighbour_types[first + k]]++;
        order[place] = k;
        for (int c = 0; c < 3; ++c) at.sorted[c * at.width + place] = all.rij_A[all.stride * (first + k) + c];
        for (int c = 0; c < 3; ++c) at.sorted[(3 + c) * at.width + place] = tangents[3 * (first + k) + c];
    }
    for (int s = species; s > 0; --s) begin[s] = begin[s - 1];
    begin[0] = 0;
    for (int k = count; k < count + W; ++k)  // padding read by the last vector: at the cutoff
        for (int c = 0; c < 6; ++c) at.sorted[c * at.width + k] = c == 0 ? plan.cutoff : 0.0;
    return count;
}

// Rows of x, y, z, f_mu, each value and tangent.
template <int Q>
void fill_dual_rows(const View& plan, const double* radial, Layout<D>& at, int lane, int k) {
    const int n = plan.radial_functions, width = at.width;
    const double* d = at.sorted + k;
    double* out = at.lanes + static_cast<long>(lane) * at.rows * width + k;
    const V x = load(d), y = load(d + width), z = load(d + 2 * width);
    const V r = root(x * x + y * y + z * z), inverse = 1.0 / r;
    const V e[3] = {x * inverse, y * inverse, z * inverse};
    const V v[3] = {load(d + 3 * width), load(d + 4 * width), load(d + 5 * width)};
    const V speed = v[0] * e[0] + v[1] * e[1] + v[2] * e[2];
    for (int c = 0; c < 3; ++c) {
        store(out + 2 * c * width, e[c]);
        store(out + (2 * c + 1) * width, (v[c] - speed * e[c]) * inverse);
    }
    double* distances = at.distances + lane * 2 * width + k;
    store(distances, r);
    store(distances + width, speed);
    const int size = Q ? Q : plan.radial_size;
    const Radial<Q> basis(plan, r);
    for (int mu = 0; mu < n; ++mu) {
        const double* c = radial + mu * size;
        V f = V{}, df = V{};
        for (int q = 0; q < size; ++q) {
            f += c[q] * basis.t[q];
            df += c[q] * basis.dt[q];
        }
        store(out + 2 * (3 + mu) * width, f);
        store(out + (2 * (3 + mu) + 1) * width, df * speed);
    }
}

void prepare_lane(const View& plan, const Centres<Real>& all, const double* tangents, int centre, Layout<D>& at,
                  int lane) {
    int begin[MAX_SPECIES + 1];
    const int count = sort_neighbours(plan, all, tangents, centre, at, lane, begin);
    const int pair_size = plan.radial_functions * plan.radial_size;
    for (int s = 0; s < plan.species_count; ++s) {
        const double* radial = plan.radial + (all.types[centre] * plan.species_count + s) * pair_size;
        // the last vector of a group runs into the next one, which then overwrites it
        for (int k = begin[s]; k < begin[s + 1]; k += W)
            if (plan.radial_size == 8)
                fill_dual_rows<8>(plan, radial, at, lane, k);
            else
                fill_dual_rows<0>(plan, radial, at, lane, k);
    }
    double* out = at.lanes + static_cast<long>(lane) * at.rows * at.width;
    for (int row = 0; row < at.rows; ++row)
        for (int k = count; k < at.width; ++k) out[row * at.width + k] = 0.0;
}

// All centres of the batch; returns how many neighbours the padded lanes hold.
int prepare(const View& plan, const Group& batch, const double* tangents, Layout<D>& at) {
    for (int lane = 0; lane < batch.size; ++lane)
        prepare_lane(plan, batch.centres, tangents, batch.members[lane], at, lane);
    const int used = rounded(batch.longest);
    for (int lane = batch.size; lane < W; ++lane)
        for (int i = 0; i < at.rows * at.width; ++i) at.lanes[static_cast<long>(lane) * at.rows * at.width + i] = 0.0;
    for (int row = 0; row < at.rows; ++row)
        for (int k = 0; k < used; k += W) {
            V columns[W];
            transpose(at.lanes + row * at.width + k, static_cast<long>(at.rows) * at.width, columns);
            for (int i = 0; i < W; ++i) at.neighbours[(k + i) * at.rows + row] = columns[i];
        }
    return (batch.longest + 1) / 2 * 2;  // neighbours are taken two at a time; the padding is zero
}

}  // namespace
