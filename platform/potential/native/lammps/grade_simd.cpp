// Grades as a blocked matrix product; compiled once per instruction set, hence no standard headers.
#include "grade_simd.hpp"

namespace argyro {
namespace ARGYRO_ISA {

namespace {

typedef float Tile __attribute__((vector_size(sizeof(float) * kGradeTile), aligned(sizeof(float))));

// Rows side by side: enough accumulators to hide the latency of a multiply-add, no more than the registers hold.
#ifdef ARGYRO_ISA_AVX512
constexpr int kAtoms = kGradeRows;
#else
constexpr int kAtoms = 4;
#endif

inline Tile absolute(Tile value) { return value < 0.0f ? -value : value; }
inline Tile larger(Tile a, Tile b) { return a > b ? a : b; }

// scaled: [basis][Atoms]
template <int Atoms>
void scale_rows(const GradeMatrix &matrix, const double *basis, float *scaled) {
  for (int a = 0; a < Atoms; ++a, basis += matrix.basis)
    for (int k = 0; k < matrix.basis; ++k)
      scaled[k * Atoms + a] = static_cast<float>(basis[k] * matrix.inverse_scale[k]);
}

template <int Atoms>
void grade_rows(const GradeMatrix &matrix, const int *types, const double *basis, float *scaled, double *grades) {
  scale_rows<Atoms>(matrix, basis, scaled);
  Tile worst[Atoms] = {};
  const Tile *tile = reinterpret_cast<const Tile *>(matrix.packed);
  for (int column = 0; column < matrix.size; column += kGradeTile) {
    Tile sum[Atoms];
    for (int a = 0; a < Atoms; ++a) sum[a] = tile[types[a]];
    const Tile *rows = tile + matrix.species;
    for (int k = 0; k < matrix.basis; ++k)
      for (int a = 0; a < Atoms; ++a) sum[a] += scaled[k * Atoms + a] * rows[k];
    for (int a = 0; a < Atoms; ++a) worst[a] = larger(worst[a], absolute(sum[a]));
    tile += matrix.species + matrix.basis;
  }
  for (int a = 0; a < Atoms; ++a) {
    float grade = 0.0f;
    for (int lane = 0; lane < kGradeTile; ++lane) grade = worst[a][lane] > grade ? worst[a][lane] : grade;
    grades[a] = grade;
  }
}

}  // namespace

void grade(const GradeMatrix &matrix, int count, const int *types, const double *basis, float *scratch,
           double *grades) {
  int n = 0;
  for (; n + kAtoms <= count; n += kAtoms)
    grade_rows<kAtoms>(matrix, types + n, basis + n * static_cast<long>(matrix.basis), scratch, grades + n);
  for (; n < count; ++n)
    grade_rows<1>(matrix, types + n, basis + n * static_cast<long>(matrix.basis), scratch, grades + n);
}

}  // namespace ARGYRO_ISA
}  // namespace argyro
