#pragma once

namespace argyro {

constexpr int kGradeTile = 8;

// G of grade(b) = max_j |(b G)_j|, in tiles of kGradeTile columns, zeros behind the last: [tile][row][kGradeTile].
struct GradeMatrix {
  const double *packed;
  int species, basis;  // rows: one per species, then one per basis function
  int size;            // columns
};

using GradeFunction = void(const GradeMatrix &, int count, const int *types, const double *basis, double *grades);

namespace baseline {
GradeFunction grade;
}
#ifdef ARGYRO_HAVE_X86
namespace avx2 {
GradeFunction grade;
}
namespace avx512 {
GradeFunction grade;
}
#endif

}  // namespace argyro
