#include "neighbours_simd.hpp"

namespace argyro {
namespace ARGYRO_ISA {

namespace {

inline Four load(const double *p) { return *reinterpret_cast<const Four *>(p); }
inline void store(double *p, Four v) { *reinterpret_cast<Four *>(p) = v; }

inline Four load(const float *p) { return __builtin_convertvector(*reinterpret_cast<const FourSingle *>(p), Four); }
inline void store(float *p, Four v) { *reinterpret_cast<FourSingle *>(p) = __builtin_convertvector(v, FourSingle); }

template <class Real>
int copy_within(const double *x, int i, const int *list, int listed, int mask, double cutoff2, Real *rij,
                int *neighbours, double *shortest) {
  Four centre = load(x + kStride * static_cast<long>(i));
  centre[3] = 0.0;
  double least = *shortest;
  long kept = 0;
  for (int n = 0; n < listed; ++n) {
    const int j = list[n] & mask;
    const Four r = load(x + kStride * static_cast<long>(j)) - centre, squares = r * r;
    const double square = squares[0] + squares[1] + squares[2];
    least = square < least ? square : least;
    // written first, kept if close: a branch here would be mispredicted for every third neighbour
    store(rij + kStride * kept, r);
    neighbours[kept] = j;
    kept += square < cutoff2;
  }
  *shortest = least;
  return static_cast<int>(kept);
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
                                        {copy_within<float>, add_forces<float>}};

}  // namespace ARGYRO_ISA
}  // namespace argyro
