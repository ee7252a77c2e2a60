#include "grade_monitor.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "atom.h"
#include "comm.h"
#include "frame_writer.hpp"
#include "timer.h"
#include "update.h"

namespace argyro {

GradeMonitor::GradeMonitor(LAMMPS_NS::LAMMPS *lammps, const PairSettings &settings, const Potential &potential,
                           std::vector<std::string> symbols)
    : Pointers(lammps), settings_(settings), active_set_(settings.active_set, potential), symbols_(std::move(symbols)) {
  if (settings_.dump.empty() || comm->me != 0) return;
  std::FILE *file = std::fopen(settings_.dump.c_str(), "w");  // as LAMMPS' own dumps: a run starts its file anew
  if (!file) throw std::invalid_argument("cannot write " + settings_.dump);
  std::fclose(file);
}

void GradeMonitor::begin(int atoms) { grades_.assign(atoms, 0.0); }

double GradeMonitor::grade(const NeighbourBlock<double> &block, const double *basis) {
  std::vector<double> grades(block.count());
  active_set_.grade(block.count(), block.types(), basis, grades.data());
  for (int n = 0; n < block.count(); ++n) grades_[block.centre(n)] = grades[n];
  return *std::max_element(grades.begin(), grades.end());
}

double GradeMonitor::finish(double largest) {
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, world);
  if (largest > std::min(settings_.select, settings_.break_at)) dump(largest);
  if (largest > settings_.break_at) stop(largest);
  return largest;
}

void GradeMonitor::dump(double largest) {
  // the last step of a run is the first of the next
  if (settings_.dump.empty() || dumped_ == update->ntimestep) return;
  dumped_ = update->ntimestep;
  write_frame(lmp, settings_.dump, symbols_, grades_, largest);
}

// All processes know the same grade, so that all leave the run at the same step: like fix halt with error soft.
void GradeMonitor::stop(double largest) {
  if (comm->me == 0)
    LAMMPS_NS::utils::logmesg(
        lmp, "ARGYRO BREAK: extrapolation grade {:.4g} at step {} is above {:.4g}; the run ends here\n", largest,
        update->ntimestep, settings_.break_at);
  timer->force_timeout();
}

}  // namespace argyro
