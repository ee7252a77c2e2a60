#include "neighbours_simd.hpp"

namespace argyro {
namespace ARGYRO_ISA {

namespace {

inline Four load(const double *p) { return *reinterpret_cast<const Four *>(p); }
inline void store(double *p, Four v) { *reinterpret_cast<Four *>(p) = v; }

inline Four load(const float *p) { return __builtin_convertvector(*reinterpret_cast<const FourSingle *>(p), Four); }
inline void store(float *p, Four v) { *reinterpret_cast<FourSingle *>(p) = __builtin_convertvector(v, FourSingle); }

template <class Real>
int copy_within(const double *x, int i, const int *list, int listed, int mask, double cutoff2, double overlap2,
                Real *rij, int *neighbours, int *overlaps) {
  Four centre = load(x + kStride * static_cast<long>(i));
  centre[3] = 0.0;
  long kept = 0;
  int close = 0;
  for (int n = 0; n < listed; ++n) {
    const int j = list[n] & mask;
    const Four r = load(x + kStride * static_cast<long>(j)) - centre, squares = r * r;
    const double square = squares[0] + squares[1] + squares[2];
    // written first, kept if close: a branch here would be mispredicted for every third neighbour
    store(rij + kStride * kept, r);
    neighbours[kept] = j;
    kept += square < cutoff2;
    close += square < overlap2;  // counted, since a minimum would make every neighbour wait for the one before
  }
  *overlaps += close;
  return static_cast<int>(kept);
}

// Squared lengths of four vectors.
inline FourSingle squares(const FourSingle *r) {
  const FourSingle xy01 = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
  const FourSingle xy23 = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
  const FourSingle z01 = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
  const FourSingle z23 = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
  const FourSingle x = __builtin_shufflevector(xy01, xy23, 0, 1, 4, 5);
  const FourSingle y = __builtin_shufflevector(xy01, xy23, 2, 3, 6, 7);
  const FourSingle z = __builtin_shufflevector(z01, z23, 0, 1, 4, 5);
  return x * x + y * y + z * z;
}

// The same for single precision, four neighbours at a time: differences in double, squares in single precision.
int copy_by_fours(const double *x, int i, const int *list, int listed, int mask, double cutoff2, double overlap2,
                  float *rij, int *neighbours, int *overlaps) {
  typedef int FourFlags __attribute__((vector_size(sizeof(FourSingle))));
  const float cutoff = static_cast<float>(cutoff2), overlap = static_cast<float>(overlap2);
  Four centre = load(x + kStride * static_cast<long>(i));
  centre[3] = 0.0;
  FourFlags close = {0, 0, 0, 0};
  long kept = 0;
  int n = 0;
  for (; n + 4 <= listed; n += 4) {
    int j[4];
    FourSingle r[4];
#pragma GCC unroll 4
    for (int l = 0; l < 4; ++l) {
      j[l] = list[n + l] & mask;
      r[l] = __builtin_convertvector(load(x + kStride * static_cast<long>(j[l])) - centre, FourSingle);
    }
    const FourSingle square = squares(r);
    const FourFlags inside = square < cutoff;  // -1 where it holds
    close += square < overlap;
#pragma GCC unroll 4
    for (int l = 0; l < 4; ++l) {
      *reinterpret_cast<FourSingle *>(rij + kStride * kept) = r[l];
      neighbours[kept] = j[l];
      kept -= inside[l];
    }
  }
  *overlaps -= close[0] + close[1] + close[2] + close[3];
  return static_cast<int>(kept) + copy_within(x, i, list + n, listed - n, mask, cutoff2, overlap2,
                                              rij + kStride * kept, neighbours + kept, overlaps);
}

template <class Real>
void add_forces(const Real *gradients, const int *neighbours, int pairs, int centre, double *forces) {
  Four on_centre = {0.0, 0.0, 0.0, 0.0};
  for (int k = 0; k < pairs; ++k) {
    const Four g = load(gradients + kStride * static_cast<long>(k));
    double *on_neighbour = forces + kStride * static_cast<long>(neighbours[k]);
    on_centre += g;
    store(on_neighbour, load(on_neighbour) - g);
  }
  double *own = forces + kStride * static_cast<long>(centre);
  store(own, load(own) + on_centre);
}

}  // namespace

extern const NeighbourLoops neighbour_loops;
const NeighbourLoops neighbour_loops = {{copy_within<double>, add_forces<double>},
                                        {copy_by_fours, add_forces<float>}};

}  // namespace ARGYRO_ISA
}  // namespace argyro
