#include "neighbour_block.hpp"

#include <cstring>

namespace argyro {
namespace {

const NeighbourLoops &choose() {
#ifdef ARGYRO_HAVE_X86
  if (std::strcmp(instruction_set(), "avx512") == 0) return avx512::neighbour_loops;
  if (std::strcmp(instruction_set(), "avx2") == 0) return avx2::neighbour_loops;
#endif
  return baseline::neighbour_loops;
}

template <class Real>
const PairLoops<Real> &pair_loops() {
  if constexpr (sizeof(Real) == sizeof(float))
    return neighbour_loops().in_single;
  else
    return neighbour_loops().in_double;
}

}  // namespace

const NeighbourLoops &neighbour_loops() {
  static const NeighbourLoops &chosen = choose();
  return chosen;
}

template <class Real>
void NeighbourBlock<Real>::gather(const AtomView &atoms, const int *first, int count) {
  std::size_t listed = 0;
  for (int n = 0; n < count; ++n) listed += atoms.numneigh[first[n]];
  if (neighbours_.size() <= listed) {  // one more: a neighbour is written before it is refused
    neighbours_.resize(listed + 1);
    rij_A_.resize(kStride * (listed + 1));
  }
  centres_.clear();
  types_.clear();
  offsets_.assign(1, 0);
  overlaps_ = 0;
  for (int n = 0; n < count; ++n)
    if (atoms.species[first[n]] >= 0) add(atoms, first[n]);
}

template <class Real>
void NeighbourBlock<Real>::add(const AtomView &atoms, int i) {
  const int begin = offsets_.back();
  const int kept = pair_loops<Real>().copy_within(
      atoms.x, i, atoms.firstneigh[i], atoms.numneigh[i], atoms.mask, atoms.cutoff_A * atoms.cutoff_A,
      atoms.overlap_A * atoms.overlap_A, &rij_A_[kStride * static_cast<std::size_t>(begin)], &neighbours_[begin],
      &overlaps_);
  centres_.push_back(i);
  types_.push_back(atoms.species[i]);
  offsets_.push_back(begin + kept);
}

template <class Real>
Centres<Real> NeighbourBlock<Real>::view() const {
  Centres<Real> centres;
  centres.count = count();
  centres.types = types_.data();
  centres.offsets = offsets_.data();
  centres.rij_A = rij_A_.data();
  centres.stride = kStride;
  return centres;
}

template <class Real>
void NeighbourBlock<Real>::add_forces(const Real *gradients, double *forces) const {
  for (int n = 0; n < count(); ++n)
    pair_loops<Real>().add_forces(gradients + kStride * static_cast<std::size_t>(begin(n)), neighbours() + begin(n),
                                  end(n) - begin(n), centre(n), forces);
}

template class NeighbourBlock<double>;
template class NeighbourBlock<float>;

}  // namespace argyro
