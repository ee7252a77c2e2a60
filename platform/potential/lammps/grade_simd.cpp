// Grades as a blocked matrix product; compiled once per instruction set, hence no standard headers.
#include "grade_simd.hpp"

namespace argyro {
namespace ARGYRO_ISA {

namespace {

typedef double Tile __attribute__((vector_size(sizeof(double) * kGradeTile), aligned(sizeof(double))));
constexpr int kAtoms = 6;  // rows side by side: enough accumulators to hide the latency of a multiply-add

inline Tile absolute(Tile value) { return value < 0.0 ? -value : value; }
inline Tile larger(Tile a, Tile b) { return a > b ? a : b; }

template <int Atoms>
void grade_rows(const GradeMatrix &matrix, const int *types, const double *basis, double *grades) {
  Tile worst[Atoms] = {};
  const Tile *tile = reinterpret_cast<const Tile *>(matrix.packed);
  for (int column = 0; column < matrix.size; column += kGradeTile) {
    Tile sum[Atoms];
    for (int a = 0; a < Atoms; ++a) sum[a] = tile[types[a]];
    const Tile *rows = tile + matrix.species;
    for (int k = 0; k < matrix.basis; ++k)
      for (int a = 0; a < Atoms; ++a) sum[a] += basis[a * static_cast<long>(matrix.basis) + k] * rows[k];
    for (int a = 0; a < Atoms; ++a) worst[a] = larger(worst[a], absolute(sum[a]));
    tile += matrix.species + matrix.basis;
  }
  for (int a = 0; a < Atoms; ++a) {
    grades[a] = worst[a][0];
    for (int lane = 1; lane < kGradeTile; ++lane) grades[a] = worst[a][lane] > grades[a] ? worst[a][lane] : grades[a];
  }
}

}  // namespace

void grade(const GradeMatrix &matrix, int count, const int *types, const double *basis, double *grades) {
  int n = 0;
  for (; n + kAtoms <= count; n += kAtoms)
    grade_rows<kAtoms>(matrix, types + n, basis + n * static_cast<long>(matrix.basis), grades + n);
  for (; n < count; ++n) grade_rows<1>(matrix, types + n, basis + n * static_cast<long>(matrix.basis), grades + n);
}

}  // namespace ARGYRO_ISA
}  // namespace argyro
