// Vectors with one centre atom per lane, and dual numbers over them. ARGYRO_SINGLE chooses lanes of single precision, else
// they are doubles. Included by *_simd.cpp only, in an unnamed namespace each, so that no code leaks from one instruction
// set to another.
#pragma once

namespace {

#if defined(ARGYRO_ISA_AVX512)
constexpr int BYTES = 64;
#elif defined(ARGYRO_ISA_AVX2)
constexpr int BYTES = 32;
#else
constexpr int BYTES = 16;
#endif

#ifdef ARGYRO_SINGLE
typedef float Real;
typedef int Index;
#else
typedef double Real;
typedef long long Index;
#endif

constexpr int W = BYTES / sizeof(Real);
typedef Real V __attribute__((vector_size(BYTES)));
typedef Real Unaligned __attribute__((vector_size(BYTES), aligned(sizeof(Real)), may_alias));
typedef Index Mask __attribute__((vector_size(BYTES)));

// A sum in double precision per lane, in vectors that fit into registers: larger ones are moved one number at a time.
typedef double Doubles __attribute__((vector_size(BYTES)));
#ifdef ARGYRO_SINGLE
struct Wide {
    Doubles low, high;
};
typedef float Half __attribute__((vector_size(BYTES / 2)));

inline void add_product(Wide& sum, V x, V y) {
#if defined(ARGYRO_ISA_AVX512)
#define ARGYRO_LOW 0, 1, 2, 3, 4, 5, 6, 7
#define ARGYRO_HIGH 8, 9, 10, 11, 12, 13, 14, 15
#elif defined(ARGYRO_ISA_AVX2)
#define ARGYRO_LOW 0, 1, 2, 3
#define ARGYRO_HIGH 4, 5, 6, 7
#else
#define ARGYRO_LOW 0, 1
#define ARGYRO_HIGH 2, 3
#endif
    const Half low[2] = {__builtin_shufflevector(x, x, ARGYRO_LOW), __builtin_shufflevector(y, y, ARGYRO_LOW)};
    const Half high[2] = {__builtin_shufflevector(x, x, ARGYRO_HIGH), __builtin_shufflevector(y, y, ARGYRO_HIGH)};
    sum.low += __builtin_convertvector(low[0], Doubles) * __builtin_convertvector(low[1], Doubles);
    sum.high += __builtin_convertvector(high[0], Doubles) * __builtin_convertvector(high[1], Doubles);
}
inline double lane_of(const Wide& sum, int lane) { return lane < W / 2 ? sum.low[lane] : sum.high[lane - W / 2]; }
#else
typedef Doubles Wide;
inline void add_product(Wide& sum, V x, V y) { sum += x * y; }
inline double lane_of(const Wide& sum, int lane) { return sum[lane]; }
#endif

inline V load(const Real* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(Real* p, V v) { *reinterpret_cast<Unaligned*>(p) = v; }

inline V root(V v) {
    V out;
    for (int l = 0; l < W; ++l) out[l] = sizeof(Real) == 4 ? __builtin_sqrtf(v[l]) : __builtin_sqrt(v[l]);
    return out;
}

// a + b eps with eps^2 = 0
struct D {
    V a, b;
};
inline D operator+(D x, D y) { return {x.a + y.a, x.b + y.b}; }
inline D operator*(D x, D y) { return {x.a * y.a, x.a * y.b + x.b * y.a}; }
inline D operator*(Real s, D x) { return {s * x.a, s * x.b}; }
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
inline void multiply_add(V& s, Real x, V y) { s += x * y; }
inline void multiply_add(D& s, Real x, D y) {
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
    return V{} + Real(1);
}
template <>
inline D one<D>() {
    return {V{} + Real(1), V{}};
}

// W rows of W numbers, rows `stride` apart, become columns: out[k] holds element k of every row. Unrolled by order, or
// the shuffles would be built at run time.
inline void transpose(const Real* rows, long stride, V* out) {
    V v[W];
#pragma GCC unroll 16
    for (int l = 0; l < W; ++l) v[l] = load(rows + l * stride);
#pragma GCC unroll 16
    for (int step = 1; step < W; step *= 2) {
        Mask low = Mask{}, high = Mask{};
#pragma GCC unroll 16
        for (int l = 0; l < W; ++l) {
            low[l] = (l & step) ? l - step + W : l;
            high[l] = (l & step) ? l + W : l + step;
        }
#pragma GCC unroll 16
        for (int l = 0; l < W; ++l)
            if (!(l & step)) {
                const V first = v[l], second = v[l + step];
                v[l] = __builtin_shuffle(first, second, low);
                v[l + step] = __builtin_shuffle(first, second, high);
            }
    }
#pragma GCC unroll 16
    for (int l = 0; l < W; ++l) out[l] = v[l];
}

}  // namespace
