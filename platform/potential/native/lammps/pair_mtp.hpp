// Pair style mtp: a moment tensor potential in LAMMPS.
//
//   pair_style mtp [precision double|mixed] [grade ACTIVE_SET every N [select G1] [break G2] [dump FILE]]
//   pair_coeff * * POTENTIAL.mtp Li P S Cl
//
// The forms of LAMMPS' own pair style mtp are also accepted; there atom type i is species i - 1 of the file:
//
//   pair_style mtp POTENTIAL.mtp
//   pair_coeff * *
//
// A file without element names is used with the species' numbers (pair_coeff * * POTENTIAL.mtp 0 1 2) or with elements
// in the order of the file (pair_coeff * * POTENTIAL.mtp K Na Cl: K is species 0).
//
// Units metal. Newton's third law is on, each process needs forces on its ghost atoms only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grade_monitor.hpp"
#include "mtp.hpp"
#include "neighbour_block.hpp"
#include "pair.h"

namespace argyro {

class PairMTP : public LAMMPS_NS::Pair {
 public:
  explicit PairMTP(LAMMPS_NS::LAMMPS *lammps);
  ~PairMTP() override;

  void settings(int count, char **words) override;
  void coeff(int count, char **words) override;
  void init_style() override;
  double init_one(int i, int j) override;
  void compute(int eflag, int vflag) override;
  void *extract_peratom(const char *name, int &columns) override;
  double memory_usage() override;

 private:
  // Pairs of a block in one precision.
  template <class Real>
  struct Pairs {
    NeighbourBlock<Real> block;
    std::vector<Real> gradients_eV_A;
  };

  // Work arrays and results of one OpenMP thread.
  struct Thread {
    Pairs<double> in_double;
    Pairs<float> in_single;
    Workspace workspace;
    std::vector<double> energies_eV, basis;
    std::vector<AtomRow> forces_eV_A;  // [atoms]
    double energy_eV, virial_eV[6], grade;
    int overlap[2];  // two atoms closer than any potential allows; -1: none

    void reset() {
      energy_eV = grade = 0.0;
      for (double &component : virial_eV) component = 0.0;
      forces_eV_A.clear();
      overlap[0] = overlap[1] = -1;
    }
  };

  void allocate();
  void read_potential(const std::string &path, const std::vector<std::string> &types);
  void map_species(const std::vector<std::string> &types);
  int species_of(const std::string &name, const std::vector<std::string> &distinct) const;
  void report_mapping(const std::vector<std::string> &types) const;
  void refuse_crowding() const;
  bool grading_now() const;
  AtomView view_atoms();
  template <class Real>
  void compute_block(const AtomView &atoms, const int *first, int count, bool grading, Thread &thread,
                     Pairs<Real> &pairs);
  template <class Real>
  static void find_overlap(const NeighbourBlock<Real> &block, int *overlap);
  void refuse_overlap(const int *overlap);
  template <class Real>
  static void add_virial(const Pairs<Real> &pairs, double *virial);
  template <class Real>
  void tally_atoms(const Pairs<Real> &pairs, const std::vector<double> &energies_eV);
  void add_thread_forces(int threads, int atoms);

  std::unique_ptr<Potential> potential_;
  std::string potential_path_;  // of pair_style or pair_coeff
  std::vector<int> species_;  // [type] species of the potential, -1: not ours (pair_style hybrid)
  std::vector<Thread> threads_;
  std::vector<AtomRow> positions_A_;    // [local and ghost atoms] and species
  std::vector<int> atom_species_;       // [local and ghost atoms]
  std::unique_ptr<GradeMonitor> monitor_;
  PairSettings settings_;
};

}  // namespace argyro
