// Loops over LAMMPS' atoms, once per neighbour: compiled per instruction set, hence no standard headers.
#pragma once

namespace argyro {

// Numbers per atom and per pair, so that each is read and written as one vector.
constexpr int kStride = 4;
typedef double Four __attribute__((vector_size(kStride * sizeof(double)), aligned(8), may_alias));

typedef float FourSingle __attribute__((vector_size(kStride * sizeof(float)), aligned(4), may_alias));

// One atom's numbers, within one cache line.
struct alignas(kStride * sizeof(double)) AtomRow {
  double numbers[kStride];
};

template <class Real>
struct PairLoops {
  // Writes x_j - x_i (fourth: that of x_j) and j of every listed neighbour within the cutoff, returns how many; adds
  // those within `overlap2`, a squared distance, to `overlaps`. Room for one beyond those kept is needed.
  int (*copy_within)(const double *x, int i, const int *list, int listed, int mask, double cutoff2, double overlap2,
                     Real *rij, int *neighbours, int *overlaps);
  // f_i += g, f_j -= g for the pairs of one centre; forces and gradients [][kStride].
  void (*add_forces)(const Real *gradients, const int *neighbours, int pairs, int centre, double *forces);
};

struct NeighbourLoops {
  PairLoops<double> in_double;
  PairLoops<float> in_single;
};

const NeighbourLoops &neighbour_loops();  // the best this machine runs

namespace baseline {
extern const NeighbourLoops neighbour_loops;
}
#ifdef ARGYRO_HAVE_X86
namespace avx2 {
extern const NeighbourLoops neighbour_loops;
}
namespace avx512 {
extern const NeighbourLoops neighbour_loops;
}
#endif

}  // namespace argyro
