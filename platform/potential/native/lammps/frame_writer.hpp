#pragma once

#include <string>
#include <vector>

#include "lammps.h"

namespace argyro {

// Appends the current frame to an extended XYZ file, atoms by their number, with a grade per atom. All processes call.
void write_frame(LAMMPS_NS::LAMMPS *lammps, const std::string &path, const std::vector<std::string> &symbols,
                 const std::vector<double> &grades, double largest);

}  // namespace argyro
