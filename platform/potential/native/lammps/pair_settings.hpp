// The words after pair_style mtp.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace argyro {

struct PairSettings {
  std::string active_set;
  int every = 0;
  double select = std::numeric_limits<double>::infinity();    // frames above are dumped
  double break_at = std::numeric_limits<double>::infinity();  // the run stops above
  std::string dump;
  bool mixed = false;  // single precision in the kernel, double precision in sums and on graded steps

  bool grading() const { return !active_set.empty(); }

  static bool is_keyword(const std::string &word);

  // Throws std::invalid_argument.
  static PairSettings parse(const std::vector<std::string> &words);
};

}  // namespace argyro
