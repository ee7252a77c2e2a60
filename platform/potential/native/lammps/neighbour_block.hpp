// A few hundred centre atoms, copied out of LAMMPS' neighbour list into the arrays the kernel takes.
#pragma once

#include <vector>

#include "mtp.hpp"
#include "neighbours_simd.hpp"

namespace argyro {

// Input of a block from LAMMPS, the same for all blocks of a step.
struct AtomView {
  const double *x;     // [atoms][kStride] Å and species; atoms of other styles are far away from all others
  const int *species;  // [atoms] species of the potential, negative: not ours
  const int *const *firstneigh;
  const int *numneigh;
  int mask;  // strips the special-bond bits off a neighbour's index
  double cutoff_A, overlap_A;  // closer pairs overlap
};

// Real: precision of the pairs.
template <class Real>
class NeighbourBlock {
 public:
  // Takes the atoms first[0 .. count-1] as centres.
  void gather(const AtomView &atoms, const int *first, int count);

  int count() const { return static_cast<int>(centres_.size()); }
  int centre(int n) const { return centres_[n]; }
  int begin(int n) const { return offsets_[n]; }
  int end(int n) const { return offsets_[n + 1]; }
  const int *neighbours() const { return neighbours_.data(); }  // [pairs]
  int neighbour(int pair) const { return neighbours_[pair]; }
  const Real *rij_A(int pair) const { return &rij_A_[kStride * static_cast<std::size_t>(pair)]; }
  bool overlaps() const { return overlaps_ > 0; }
  const int *types() const { return types_.data(); }
  Centres<Real> view() const;
  // Adds the pairs' gradients [pairs][kStride] to forces [atoms][kStride]: f_i += g, f_j -= g.
  void add_forces(const Real *gradients, double *forces) const;

 private:
  void add(const AtomView &atoms, int i);

  std::vector<int> centres_, types_, offsets_, neighbours_;  // the last one and the next longer than needed
  std::vector<Real> rij_A_;
  int overlaps_ = 0;
};

}  // namespace argyro
