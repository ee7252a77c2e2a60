// The adjoints of the moments of one mu are the coefficients of a polynomial in the unit vector: its value and gradient
// by Horner's rule in x, then y, then z, without any monomial.
#pragma once

#include "moments_simd.hpp"

namespace {
using namespace argyro;

// S may be a dual number.
template <int RANKS, class S>
inline S polynomial_value(int ranks, const S* coefficients, const S* e) {
    const int n = RANKS ? RANKS : ranks;
    const S* next = coefficients + monomials_below(n);
    S value = zero<S>();
#pragma GCC unroll 9
    for (int c = n - 1; c >= 0; --c) {
        S plane = zero<S>();
#pragma GCC unroll 9
        for (int b = n - 1 - c; b >= 0; --b) {
            S line = *--next;
#pragma GCC unroll 9
            for (int a = n - 2 - c - b; a >= 0; --a) {
                S sum = *--next;
                multiply_add(sum, line, e[0]);
                line = sum;
            }
            if (b < n - 1 - c) multiply_add(line, plane, e[1]);
            plane = line;
        }
        if (c < n - 1) multiply_add(plane, value, e[2]);
        value = plane;
    }
    return value;
}

struct Jet {
    V value, gradient[3];
};

template <int RANKS>
inline Jet polynomial(int ranks, const V* coefficients, V x, V y, V z) {
    const int n = RANKS ? RANKS : ranks;
    const V* next = coefficients + monomials_below(n);
    Jet all = {V{}, {V{}, V{}, V{}}};
    // The first step of each rule has nothing to multiply, the second no derivative.
#pragma GCC unroll 9
    for (int c = n - 1; c >= 0; --c) {
        const int last = n - 1 - c;
        V plane = V{}, plane_x = V{}, plane_y = V{};
#pragma GCC unroll 9
        for (int b = last; b >= 0; --b) {
            V line = *--next, slope = V{};
            const int degree = last - b;
            if (degree > 0) {
                slope = line;
                line = line * x + *--next;
            }
#pragma GCC unroll 9
            for (int a = degree - 2; a >= 0; --a) {
                slope = slope * x + line;
                line = line * x + *--next;
            }
            plane_y = degree > 1 ? plane_y * y + plane : plane;
            plane_x = degree > 1 ? plane_x * y + slope : slope;
            plane = degree > 0 ? plane * y + line : line;
        }
        all.gradient[2] = last > 1 ? all.gradient[2] * z + all.value : all.value;
        all.gradient[1] = last > 1 ? all.gradient[1] * z + plane_y : plane_y;
        all.gradient[0] = last > 1 ? all.gradient[0] * z + plane_x : plane_x;
        all.value = last > 0 ? all.value * z + plane : plane;
    }
    return all;
}

}  // namespace
