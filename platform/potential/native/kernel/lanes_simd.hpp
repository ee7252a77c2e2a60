// Vectors of doubles, one centre atom per lane, and dual numbers over them. Included by *_simd.cpp only, in an unnamed
// namespace each, so that no code leaks from one instruction set to another.
#pragma once

namespace {

#if defined(ARGYRO_ISA_AVX512)
constexpr int W = 8;
#elif defined(ARGYRO_ISA_AVX2)
constexpr int W = 4;
#else
constexpr int W = 2;
#endif

typedef double V __attribute__((vector_size(W * sizeof(double))));
typedef double Unaligned __attribute__((vector_size(W * sizeof(double)), aligned(8), may_alias));
typedef long long Mask __attribute__((vector_size(W * sizeof(double))));

inline V load(const double* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(double* p, V v) { *reinterpret_cast<Unaligned*>(p) = v; }

inline V root(V v) {
    V out;
    for (int l = 0; l < W; ++l) out[l] = __builtin_sqrt(v[l]);
    return out;
}

// a + b eps with eps^2 = 0
struct D {
    V a, b;
};
inline D operator+(D x, D y) { return {x.a + y.a, x.b + y.b}; }
inline D operator*(D x, D y) { return {x.a * y.a, x.a * y.b + x.b * y.a}; }
inline D operator*(double s, D x) { return {s * x.a, s * x.b}; }
inline D& operator+=(D& x, D y) {
    x.a += y.a;
    x.b += y.b;
    return x;
}

// s += x y, spelled out so that the dual version becomes three fused operations
inline void multiply_add(V& s, V x, V y) { s += x * y; }
inline void multiply_add(D& s, D x, D y) {
    s.a += x.a * y.a;
    s.b += x.a * y.b;
    s.b += x.b * y.a;
}
inline void multiply_add(V& s, double x, V y) { s += x * y; }
inline void multiply_add(D& s, double x, D y) {
    s.a += x * y.a;
    s.b += x * y.b;
}

template <class S>
inline S zero() {
    return S{};
}
template <class S>
inline S one();
template <>
inline V one<V>() {
    return V{} + 1.0;
}
template <>
inline D one<D>() {
    return {V{} + 1.0, V{}};
}

// W rows of W doubles, rows `stride` apart, become columns: out[k] holds element k of every row. Unrolled by order, or
// the shuffles would be built at run time.
inline void transpose(const double* rows, long stride, V* out) {
    V v[W];
#pragma GCC unroll 8
    for (int l = 0; l < W; ++l) v[l] = load(rows + l * stride);
#pragma GCC unroll 8
    for (int step = 1; step < W; step *= 2) {
        Mask low = Mask{}, high = Mask{};
#pragma GCC unroll 8
        for (int l = 0; l < W; ++l) {
            low[l] = (l & step) ? l - step + W : l;
            high[l] = (l & step) ? l + W : l + step;
        }
#pragma GCC unroll 8
        for (int l = 0; l < W; ++l)
            if (!(l & step)) {
                const V first = v[l], second = v[l + step];
                v[l] = __builtin_shuffle(first, second, low);
                v[l + step] = __builtin_shuffle(first, second, high);
            }
    }
#pragma GCC unroll 8
    for (int l = 0; l < W; ++l) out[l] = v[l];
}

}  // namespace
