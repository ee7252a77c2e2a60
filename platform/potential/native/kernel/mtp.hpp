// Moment tensor potential on neighbour lists: the interface shared by the Python binding and the LAMMPS pair style.
//
// E_i = e(z_i) + sum_k xi_k B_k(neighbourhood of i) + 1/2 sum_j zbl(r_ij), with r_ij = r_j - r_i.
// The caller gets dE_i/dr_ij for every pair of every centre and sums forces and virial: with newton,
//   f_i += dE_i/dr_ij,   f_j -= dE_i/dr_ij,   virial_ab -= r_ij,a dE_i/dr_ij,b.
//
// The inner loops (mtp_simd.cpp) are compiled once per instruction set, everything else once; see
// ../build.py.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "centres.hpp"

namespace argyro {

// Contents of an .mtp file in its own order. Index tables are flattened rows of four.
struct Parameters {
    int species_count = 0;
    int radial_functions = 0;  // number of mu
    int radial_size = 0;       // Chebyshev polynomials per function
    double scaling = 1.0, min_dist_A = 0.0, cutoff_A = 0.0;
    int moments_count = 0;
    std::vector<int> basic;                // (mu, a, b, c) of each basic moment, sum_j f_mu(r_j) x^a y^b z^c
    std::vector<int> times;                // (i, j, factor, k): M_k += factor M_i M_j
    std::vector<int> scalar_moments;       // moment of each basis function
    std::vector<double> radial;            // [species][species][mu][q]
    std::vector<double> species_energies;  // eV, e(z)
    std::vector<double> coefficients;      // xi, one per basis function
    std::vector<std::string> species;      // chemical symbols from potential_tag; empty in files of other codes
    std::vector<double> zbl_outer_A;       // [species][species], 0: no repulsion; empty: none at all
    std::string potential_name, potential_tag;
    bool trained = false;  // false: the coefficients were absent and are empty
};

// Reads an .mtp file; throws std::invalid_argument with the error in the file.
Parameters read_mtp(const std::string& path);

struct Plan;  // the kernel's private layout

// A potential ready for evaluation; immutable, so threads may share it.
class Potential {
  public:
    explicit Potential(Parameters parameters);  // throws std::invalid_argument
    ~Potential();
    Potential(Potential&&) noexcept;

    const Parameters& parameters() const;
    double cutoff_A() const { return parameters().cutoff_A; }
    int species_count() const { return parameters().species_count; }
    int basis_size() const { return static_cast<int>(parameters().scalar_moments.size()); }
    const Plan& plan() const { return *plan_; }

    // New values for the same tables; not while another thread evaluates. Sizes as in Parameters.
    void set_coefficients(std::vector<double> radial, std::vector<double> species_energies,
                          std::vector<double> coefficients);

  private:
    std::unique_ptr<Plan> plan_;
};

// Scratch memory, grown on demand; one per thread.
class Workspace {
  public:
    Workspace();
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    double* reserve(std::size_t doubles);  // 64-byte aligned

  private:
    double* memory_ = nullptr;
    std::size_t size_ = 0;
};

// Thread-safe: the same potential may be evaluated by several threads, each with its workspace.
void evaluate(const Potential& potential, const Centres<>& centres, const Results<>& results, Workspace& workspace);

// The same with twice as many lanes, of single precision; site energies are summed in double precision.
void evaluate(const Potential& potential, const Centres<float>& centres, const Results<float>& results,
              Workspace& workspace);

// "avx512", "avx2" or "baseline": chosen at the first call, or named in the environment variable ARGYRO_SIMD.
const char* instruction_set();

}  // namespace argyro
