// Entry points in single precision: twice as many centre atoms side by side.
#define ARGYRO_SINGLE 1
#include "single_pairs_simd.hpp"
//
#include "evaluate_simd.hpp"

namespace argyro {
#define ARGYRO_JOIN_(a, b) a##b
#define ARGYRO_JOIN(a, b) ARGYRO_JOIN_(a, b)
extern const Evaluator<float> ARGYRO_JOIN(single_lanes_, ARGYRO_ISA);
const Evaluator<float> ARGYRO_JOIN(single_lanes_, ARGYRO_ISA) = {W, scratch_size, evaluate};
}  // namespace argyro
