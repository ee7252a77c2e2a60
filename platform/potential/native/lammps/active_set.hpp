// The active set's file (its format: active_set_file.py) and the grade of a row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mtp.hpp"

namespace argyro {

// Hash of species, cutoffs and radial coefficients, which determine the basis functions. FNV-1a over the doubles'
// bytes; the Python side computes the same.
std::uint64_t radial_fingerprint(const Parameters &parameters);

class ActiveSet {
 public:
  // Throws std::invalid_argument where the file is unreadable or belongs to another potential.
  ActiveSet(const std::string &path, const Potential &potential);

  // Grades of atoms from their species and basis values [count][basis_size].
  void grade(int count, const int *types, const double *basis, double *grades) const;

 private:
  int species_, basis_, size_;
  std::vector<float> packed_;  // see grade_simd.hpp
  std::vector<double> inverse_scale_;
};

}  // namespace argyro
