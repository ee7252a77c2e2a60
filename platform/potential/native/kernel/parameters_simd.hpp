// From the adjoints of the moments, in dual numbers, to the derivative by the radial coefficients.
#pragma once

#include "polynomials_simd.hpp"
#include "prepare_simd.hpp"

namespace {
using namespace argyro;

// Adjoints of the f_mu, back in rows of each lane: the one of weight E + dE, and that of E, which multiplies dT/dr
// speed.
void write_radial_adjoints(const View& plan, double weight, int neighbours, Layout<D>& at) {
    const int n = plan.radial_functions;
    for (int k = 0; k < neighbours; ++k) {
        const D* from = neighbour(at, k);
        const D e[3] = {from[0], from[1], from[2]};
        V* row = at.neighbours + static_cast<long>(k) * at.rows;
        for (int mu = 0; mu < n; ++mu)
            with_ranks(plan.ranks[mu], [&](auto ranks) {
                const D p = polynomial_value<decltype(ranks)::value>(plan.ranks[mu],
                                                                     at.adjoints + plan.moment_offset[mu], e);
                row[2 * mu] = weight * p.a + p.b;
                row[2 * mu + 1] = p.a;
            });
    }
    const int width = (neighbours + W - 1) / W * W;
    for (int row = 0; row < 2 * n; ++row)
        for (int k = 0; k < width; k += W) {
            V columns[W];
            transpose(reinterpret_cast<double*>(at.neighbours + static_cast<long>(k) * at.rows + row),
                      static_cast<long>(at.rows) * W, columns);
            for (int lane = 0; lane < W; ++lane)
                store(at.lanes + (static_cast<long>(lane) * at.rows + row) * at.width + k, columns[lane]);
        }
}

void add_radial_gradient(const View& plan, const Group& batch, int lane, Layout<D>& at, double* gradient) {
    const Centres<Real>& all = batch.centres;
    const int centre = batch.members[lane], first = all.offsets[centre], count = all.offsets[centre + 1] - first;
    const int n = plan.radial_functions, size = plan.radial_size;
    const int* order = at.order + lane * at.width;
    V lanes_index;
    for (int l = 0; l < W; ++l) lanes_index[l] = l;
    for (int begin = 0; begin < count;) {
        const int species = all.neighbour_types[first + order[begin]];
        int end = begin;
        while (end < count && all.neighbour_types[first + order[end]] == species) ++end;
        V* to = reinterpret_cast<V*>(gradient) +
                static_cast<long>(all.types[centre] * plan.species_count + species) * n * size;
        for (int k = begin; k < end; k += W) {
            const double* distances = at.distances + lane * 2 * at.width + k;
            const V inside = lanes_index < static_cast<double>(end - k) ? V{} + 1.0 : V{};
            const Radial<0> basis(plan, load(distances));
            const V speed = load(distances + at.width);
            for (int mu = 0; mu < n; ++mu) {
                const double* row = at.lanes + (static_cast<long>(lane) * at.rows + 2 * mu) * at.width + k;
                const V u = inside * load(row), v = inside * speed * load(row + at.width);
                for (int q = 0; q < size; ++q) to[mu * size + q] += u * basis.t[q] + v * basis.dt[q];
            }
        }
        begin = end;
    }
}

}  // namespace
