#pragma once

namespace argyro {

constexpr int kGradeTile = 16;  // columns side by side
constexpr int kGradeRows = 8;   // atoms side by side, at most

// The matrix S of grade(b) = max_j |(b' S)_j|, b' the row divided by the columns' scale: in tiles of kGradeTile
// columns, zeros behind the last, [tile][row][kGradeTile]. Single precision: b' S cancels to five digits at worst,
// which leaves grades right to 0.2 % at level 20, for half the time of double precision.
struct GradeMatrix {
  const float *packed;
  const double *inverse_scale;  // [basis]
  int species, basis;           // rows: one per species, then one per basis function
  int size;                     // columns
};

// scratch: room for kGradeRows * basis
using GradeFunction = void(const GradeMatrix &, int count, const int *types, const double *basis, float *scratch,
                           double *grades);

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
