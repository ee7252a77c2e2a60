// Loss and exact gradient on labelled frames.
#pragma once

#include <vector>

#include "frame.hpp"

namespace argyro {

struct LabelledFrame {
    Frame frame;
    double energy_eV = 0.0;
    std::vector<double> forces_eV_A;   // [atoms][3]
    std::vector<double> stress_eV_A3;  // 6, or empty: no stress label
    double energy_weight = 0.0, stress_weight = 0.0;
    std::vector<double> force_weights;  // [atoms]
};

// sum over frames of energy_weight dE^2 + sum_i force_weights_i dF_i^2 + stress_weight sum_ab ds_ab^2 (nine components)
struct Loss {
    double value = 0.0;
    std::vector<double> radial, species_energies, coefficients;            // derivatives
    std::vector<double> energy_errors_eV, squared_forces, squared_stress;  // per frame; unweighted sums over components
};

Loss loss_and_gradient(const Potential& potential, const std::vector<const LabelledFrame*>& frames, bool gradient,
                       int threads);

// Weighted normal equations of the linear parameters (coefficients, then species energies), the radial functions held
// fixed.
struct NormalEquations {
    int size = 0;
    std::vector<double> matrix, vector;
};

NormalEquations normal_equations(const Parameters& parameters, const std::vector<const LabelledFrame*>& frames,
                                 int threads);

// Rows [atoms][species + basis + radial]: dE_i/dtheta of every site energy, by species energies, xi, radial coefficients.
std::vector<double> site_gradients(const Potential& potential, const Frame& frame, int threads);

// Rows g with E[sum g g^T] = half the Gauss-Newton Hessian of the loss: the residuals of a frame, projected on random
// signs and differentiated. Row (frame, sample) holds the derivatives by radial coefficients, species energies and xi.
std::vector<double> sketch_residuals(const Potential& potential, const std::vector<const LabelledFrame*>& frames,
                                     int samples, unsigned seed, int threads);

}  // namespace argyro
