#include "neighbour_block.hpp"

namespace argyro {

void NeighbourBlock::gather(const AtomView &atoms, const int *first, int count) {
  std::size_t listed = 0;
  for (int n = 0; n < count; ++n) listed += atoms.numneigh[first[n]];
  if (neighbours_.size() < listed) {
    neighbours_.resize(listed);
    neighbour_types_.resize(listed);
    rij_A_.resize(3 * listed);
  }
  centres_.clear();
  types_.clear();
  offsets_.assign(1, 0);
  for (int n = 0; n < count; ++n)
    if (atoms.species[atoms.type[first[n]]] >= 0) add(atoms, first[n]);
}

void NeighbourBlock::add(const AtomView &atoms, int i) {
  const double limit = atoms.cutoff_A * atoms.cutoff_A;
  const double *xi = atoms.x[i];
  const int *list = atoms.firstneigh[i];
  const int listed = atoms.numneigh[i];
  int pair = offsets_.back();
  for (int n = 0; n < listed; ++n) {
    const int j = list[n] & atoms.mask;
    const double *xj = atoms.x[j];
    const double dx = xj[0] - xi[0], dy = xj[1] - xi[1], dz = xj[2] - xi[2];
    const int species = atoms.species[atoms.type[j]];
    // written first, kept if close: a branch here would be mispredicted for every third neighbour
    double *rij = &rij_A_[3 * static_cast<std::size_t>(pair)];
    rij[0] = dx;
    rij[1] = dy;
    rij[2] = dz;
    neighbours_[pair] = j;
    neighbour_types_[pair] = species;
    pair += (dx * dx + dy * dy + dz * dz < limit && species >= 0);
  }
  centres_.push_back(i);
  types_.push_back(atoms.species[atoms.type[i]]);
  offsets_.push_back(pair);
}

Centres NeighbourBlock::view() const {
  Centres centres;
  centres.count = count();
  centres.types = types_.data();
  centres.offsets = offsets_.data();
  centres.rij_A = rij_A_.data();
  centres.neighbour_types = neighbour_types_.data();
  return centres;
}

}  // namespace argyro
