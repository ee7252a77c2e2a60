// Moment tensor potential on neighbour lists: the interface shared by the Python binding and the LAMMPS pair style.
//
// E_i = e(z_i) + sum_k xi_k B_k(neighbourhood of i) + 1/2 sum_j zbl(r_ij), with r_ij = r_j - r_i.
// The caller gets dE_i/dr_ij for every pair of every centre and does the bookkeeping himself: with newton,
//   f_i += dE_i/dr_ij,   f_j -= dE_i/dr_ij,   virial_ab -= r_ij,a dE_i/dr_ij,b.
//
// How the sources are compiled: simd_*.cpp once per instruction set, with -DARGYRO_SIMD=avx512 (-march=x86-64-v4),
// -DARGYRO_SIMD=avx2 (-march=x86-64-v3) and -DARGYRO_SIMD=baseline (no flag); everything else once, without -march.
// All with -O3 -ffp-contract=fast -std=c++20 -fopenmp. The simd files must not include standard C++ headers with inline code: the
// linker keeps one copy of an inline function, and it could be the one with the widest instructions.
// LAMMPS needs all sources here except binding.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace argyro {

// What an .mtp file holds, in its own order. Index tables are flattened rows of four.
struct Parameters {
    int species_count = 0;
    int radial_functions = 0;  // number of mu
    int radial_size = 0;       // Chebyshev polynomials per function
    double scaling = 1.0, min_dist_A = 0.0, cutoff_A = 0.0;
    int moments_count = 0;
    std::vector<int> basic;           // (mu, a, b, c) of each basic moment, sum_j f_mu(r_j) x^a y^b z^c
    std::vector<int> times;           // (i, j, factor, k): M_k += factor M_i M_j
    std::vector<int> scalar_moments;  // moment of each basis function
    std::vector<double> radial;       // [species][species][mu][q]
    std::vector<double> species_energies;  // eV, e(z)
    std::vector<double> coefficients;      // xi, one per basis function
    std::vector<std::string> species;      // chemical symbols from potential_tag; empty in files of other codes
    std::vector<double> zbl_outer_A;       // [species][species], 0: no repulsion; empty: none at all
    std::string potential_name, potential_tag;
    bool trained = false;  // false: the coefficients were absent and are empty
};

// Reads an .mtp file; throws std::invalid_argument saying what is wrong with it.
Parameters read_mtp(const std::string& path);

struct Plan;  // the kernel's private layout

// A potential ready to be evaluated; immutable, may be shared between threads.
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

  private:
    std::unique_ptr<Plan> plan_;
};

// Any number of centre atoms with full neighbour lists, one after the other; many at a time is fast (one per SIMD lane,
// centres of similar neighbour count side by side), a few hundred per call are a good measure.
// Pairs at or beyond the cutoff contribute nothing but cost time: leave them out.
struct Centres {
    int count = 0;
    const int* types = nullptr;            // [count], 0 .. species_count - 1
    const int* offsets = nullptr;          // [count + 1]: pairs offsets[i] .. offsets[i+1] - 1 belong to centre i
    const double* rij_A = nullptr;         // [pairs][3], r_j - r_i
    const int* neighbour_types = nullptr;  // [pairs]
};

// Where results go; a null pointer means not wanted. All are overwritten.
struct Results {
    double* energies_eV = nullptr;        // [count] site energies
    double* gradients_eV_A = nullptr;     // [pairs][3] dE_i/dr_ij
    double* basis = nullptr;              // [count][basis_size] B_k, in the order of the .mtp file
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
void evaluate(const Potential& potential, const Centres& centres, const Results& results, Workspace& workspace);

// "avx512", "avx2" or "baseline": chosen at the first call, or named in the environment variable ARGYRO_SIMD.
const char* instruction_set();

}  // namespace argyro
