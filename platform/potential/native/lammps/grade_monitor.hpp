// Watches the extrapolation grade during a run: dumps frames above one threshold, ends the run above another.
#pragma once

#include <string>
#include <vector>

#include "active_set.hpp"
#include "pair_settings.hpp"
#include "neighbour_block.hpp"
#include "pointers.h"

namespace argyro {

class GradeMonitor : protected LAMMPS_NS::Pointers {
 public:
  // symbols: [type] element of each atom type, for the dump. Throws std::invalid_argument.
  GradeMonitor(LAMMPS_NS::LAMMPS *lammps, const PairSettings &settings, const Potential &potential,
               std::vector<std::string> symbols);

  void begin(int atoms);                                        // before a step that is graded
  double grade(const NeighbourBlock<double> &block, const double *basis);  // largest of the block; called by threads at once
  double finish(double largest);                                // largest of all processes; dumps and stops
  double *grades() { return grades_.data(); }

 private:
  void dump(double largest);
  void stop(double largest);

  PairSettings settings_;
  ActiveSet active_set_;
  std::vector<std::string> symbols_;
  std::vector<double> grades_;  // [local atom]
  LAMMPS_NS::bigint dumped_ = -1;
};

}  // namespace argyro
