// Layout of the scratch memory of a batch.
#pragma once

#include "lanes_simd.hpp"
#include "plan.hpp"

namespace {
using namespace argyro;

using View = PlanView<Real>;
using Group = Batch<Real>;

inline int rounded(int n) { return (n + W - 1) / W * W; }

template <class S>
struct Layout {
    static constexpr int parts = sizeof(S) / sizeof(V);
    int width;          // neighbours per lane, padded
    int rows;           // quantities per neighbour
    V* neighbours;      // [width][rows]
    // lanes over centres, without tangents only
    Real* displacements;  // [width][3][W], double precision only
    Index* pair_types;    // [width][W], likewise
    // dual numbers only
    int* order;         // [W][width] place of each sorted neighbour in the caller's list
    Real* sorted;     // [6][width] displacement and tangent
    Real* distances;  // [W][2][width]
    Real* lanes;      // [W][rows][width]
    S *moments, *adjoints;
    unsigned long size;  // doubles

    Layout(const View& plan, int longest, double* memory) {
        const int n = plan.radial_functions;
        width = rounded(longest + 1) + W;
        rows = parts == 1 ? 3 + n + 1 + n : 2 * (3 + n);
        char* start = reinterpret_cast<char*>(memory);
        char* next = start;
        auto take = [&next](unsigned long bytes) {
            char* here = next;
            next += (bytes + 63) / 64 * 64;
            return here;
        };
        if constexpr (parts == 1) {
#ifndef ARGYRO_SINGLE
            displacements = reinterpret_cast<Real*>(take(sizeof(V) * 3 * width));
            pair_types = reinterpret_cast<Index*>(take(sizeof(Mask) * width));
#endif
        } else {
            order = reinterpret_cast<int*>(take(sizeof(int) * W * width));
            sorted = reinterpret_cast<Real*>(take(sizeof(Real) * 6 * width));
            distances = reinterpret_cast<Real*>(take(sizeof(Real) * W * 2 * width));
            lanes = reinterpret_cast<Real*>(take(sizeof(Real) * W * rows * width));
        }
        neighbours = reinterpret_cast<V*>(take(sizeof(V) * width * rows));
        moments = reinterpret_cast<S*>(take(sizeof(S) * plan.moments));
        adjoints = reinterpret_cast<S*>(take(sizeof(S) * plan.moments));
        size = (next - start) / sizeof(double);
    }
};

}  // namespace
