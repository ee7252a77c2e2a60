#include "pair_mtp.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "neighbours.hpp"
#include "parallel.hpp"
#include "update.h"

namespace argyro {

namespace {
// Centres per kernel call: enough for the kernel to group centres of similar neighbour count, few enough that 60
// neighbours each stay in the second-level cache.
constexpr int kBlock = 128;
// Below half of the shortest bond; only a wrong cell or an exploded run has closer atoms.
constexpr double kOverlapA = 0.5;
constexpr double kFarA = 1e30;  // where atoms of other styles are put, beyond every cutoff
}  // namespace

PairMTP::PairMTP(LAMMPS_NS::LAMMPS *lammps) : Pair(lammps) {
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  no_virial_fdotr_compute = 1;  // pairs are at hand: the virial is summed over them, in pair_style hybrid too
  centroidstressflag = LAMMPS_NS::CENTROID_NOTAVAIL;
  nextra = 1;  // the largest grade of the last look, for compute pair
  pvector = new double[1]{0.0};
}

PairMTP::~PairMTP() {
  delete[] pvector;
  if (!allocated) return;
  memory->destroy(setflag);
  memory->destroy(cutsq);
}

void PairMTP::settings(int count, char **words) {
  try {
    std::vector<std::string> left(words, words + count);
    potential_path_.clear();
    if (!left.empty() && !PairSettings::is_keyword(left[0])) {
      potential_path_ = left[0];
      left.erase(left.begin());
    }
    settings_ = PairSettings::parse(left);
  } catch (const std::exception &problem) {
    error->all(FLERR, "Illegal pair_style mtp: {}", problem.what());
  }
}

void PairMTP::allocate() {
  const int n = atom->ntypes + 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  allocated = 1;
}

void PairMTP::coeff(int count, char **words) {
  std::vector<std::string> types(words + 2, words + count);
  std::string path = potential_path_;
  if (path.empty() && !types.empty()) {
    path = types[0];
    types.erase(types.begin());
  }
  if (path.empty() || (potential_path_.empty() && types.empty()))
    error->all(FLERR, "for pair style mtp use: pair_coeff * * POTENTIAL.mtp and one element per atom type");
  if (!allocated) allocate();
  try {
    if (types.empty())
      for (int type = 0; type < atom->ntypes; ++type) types.push_back(std::to_string(type));
    read_potential(path, types);
  } catch (const std::exception &problem) {
    error->all(FLERR, "pair style mtp: {}", problem.what());
  }
}

void PairMTP::read_potential(const std::string &path, const std::vector<std::string> &types) {
  try {
    potential_ = std::make_unique<Potential>(read_mtp(path));
    if (!potential_->parameters().trained) throw std::invalid_argument("it is not trained");
    map_species(types);
  } catch (const std::invalid_argument &problem) {
    throw std::invalid_argument(path + ": " + problem.what());
  }
  report_mapping(types);
  std::vector<std::string> symbols{path};  // types count from 1
  const auto &known = potential_->parameters().species;
  for (std::size_t n = 0; n < types.size(); ++n)
    symbols.push_back(known.empty() || species_[n + 1] < 0 ? types[n] : known[species_[n + 1]]);
  monitor_.reset();
  if (settings_.grading()) monitor_ = std::make_unique<GradeMonitor>(lmp, settings_, *potential_, symbols);
}

void PairMTP::map_species(const std::vector<std::string> &types) {
  if (static_cast<int>(types.size()) != atom->ntypes)
    throw std::invalid_argument("pair_coeff names " + std::to_string(types.size()) + " elements but there are " +
                                std::to_string(atom->ntypes) + " atom types");
  std::vector<std::string> distinct;
  for (const std::string &name : types)
    if (name != "NULL" && std::find(distinct.begin(), distinct.end(), name) == distinct.end()) distinct.push_back(name);
  species_.assign(atom->ntypes + 1, -1);
  for (int type = 1; type <= atom->ntypes; ++type)
    if (types[type - 1] != "NULL") species_[type] = species_of(types[type - 1], distinct);
  for (int i = 1; i <= atom->ntypes; ++i)
    for (int j = 1; j <= atom->ntypes; ++j) setflag[i][j] = species_[i] >= 0 && species_[j] >= 0;
}

int PairMTP::species_of(const std::string &name, const std::vector<std::string> &distinct) const {
  const int count = potential_->species_count();
  char *end = nullptr;
  const long number = std::strtol(name.c_str(), &end, 10);
  if (*end == '\0') {
    if (number >= 0 && number < count) return static_cast<int>(number);
    throw std::invalid_argument("it holds the species 0 to " + std::to_string(count - 1) + ", not " + name);
  }
  const auto &known = potential_->parameters().species;
  const auto &among = known.empty() ? distinct : known;
  const auto found = std::find(among.begin(), among.end(), name);
  if (known.empty() && static_cast<int>(distinct.size()) != count)
    throw std::invalid_argument("it names no elements; name all " + std::to_string(count) +
                                " in the order of its species, or give the species' numbers 0 to " +
                                std::to_string(count - 1));
  if (found == among.end()) {
    std::string list;
    for (const auto &symbol : known) list += " " + symbol;
    throw std::invalid_argument("element '" + name + "' is not in it; it knows" + list);
  }
  return static_cast<int>(found - among.begin());
}

void PairMTP::report_mapping(const std::vector<std::string> &types) const {
  if (comm->me != 0) return;
  const auto &known = potential_->parameters().species;
  std::string line = "Pair style mtp: atom types";
  for (std::size_t n = 0; n < types.size(); ++n) {
    const int species = species_[n + 1];
    line += " " + std::to_string(n + 1) + "=";
    line += species < 0 ? "NULL" : "species " + std::to_string(species);
    if (species >= 0) line += " (" + (known.empty() ? types[n] : known[species]) + ")";
  }
  LAMMPS_NS::utils::logmesg(lmp, "{}\n", line);
}

void PairMTP::init_style() {
  if (std::strcmp(update->unit_style, "metal") != 0) error->all(FLERR, "pair style mtp needs units metal");
  if (!force->newton_pair) error->all(FLERR, "pair style mtp needs newton on");
  refuse_crowding();
  neighbor->add_request(this, LAMMPS_NS::NeighConst::REQ_FULL);
}

// A cell in other units than Å would fill the memory with ghost atoms before the first step.
void PairMTP::refuse_crowding() const {
  const double volume = domain->xprd * domain->yprd * (domain->dimension == 3 ? domain->zprd : 1.0);
  const double cutoff = potential_->cutoff_A();
  const bool periodic = domain->xperiodic && domain->yperiodic && domain->zperiodic;
  const double expected = atom->natoms / volume * 4.1887902047863905 * cutoff * cutoff * cutoff;
  if (periodic && !(expected <= 1.2 * MAX_NEIGHBOURS))
    error->all(FLERR,
               "pair style mtp: an atom has about {:.6g} neighbours within the cutoff of {:.6g} Å, at most {} are "
               "allowed; check the box (Å) and the potential's max_dist",
               expected, cutoff, MAX_NEIGHBOURS);
}

double PairMTP::init_one(int i, int j) {
  if (!setflag[i][j]) error->all(FLERR, "pair style mtp: atom types {} and {} have no element", i, j);
  return potential_->cutoff_A();
}

// Copies positions and species of all atoms, ghosts included: each is looked up a hundred times from here.
AtomView PairMTP::view_atoms() {
  const int reachable = atom->nlocal + atom->nghost;
  positions_A_.resize(reachable);
  atom_species_.resize(reachable);
  for (int i = 0; i < reachable; ++i) {
    const int species = atom_species_[i] = species_[atom->type[i]];
    double *to = positions_A_[i].numbers;
    for (int axis = 0; axis < 3; ++axis) to[axis] = species < 0 ? kFarA : atom->x[i][axis];
    to[3] = species;
  }
  return {positions_A_.data()->numbers, atom_species_.data(),  list->firstneigh,
          list->numneigh,      NEIGHMASK,             potential_->cutoff_A(), kOverlapA};
}

bool PairMTP::grading_now() const { return monitor_ && update->ntimestep % settings_.every == 0; }

void PairMTP::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);
  const bool grading = grading_now();
  if (grading) monitor_->begin(atom->nmax);
  const AtomView atoms = view_atoms();
  const int total = list->inum, reachable = atom->nlocal + atom->nghost;
  const int thread_count = std::max(1, std::min(comm->nthreads, (total + kBlock - 1) / kBlock));
  threads_.resize(thread_count);
  for (Thread &thread : threads_) thread.reset();  // all of them: the team may turn out smaller than asked for

  Guard guard;
#pragma omp parallel num_threads(thread_count)
  {
    Thread &mine = threads_[omp_get_thread_num()];
    guard.run([&] { mine.forces_eV_A.assign(reachable, AtomRow{}); });
#pragma omp for schedule(dynamic)
    for (int first = 0; first < total; first += kBlock) guard.run([&] {
      const int count = std::min(kBlock, total - first);
      if (settings_.mixed && !grading)
        compute_block(atoms, list->ilist + first, count, grading, mine, mine.in_single);
      else
        compute_block(atoms, list->ilist + first, count, grading, mine, mine.in_double);
    });
  }
  try {
    guard.rethrow();
  } catch (const std::exception &problem) {
    error->one(FLERR, "pair style mtp: {}", problem.what());
  }

  for (const Thread &thread : threads_)
    if (thread.overlap[0] >= 0) refuse_overlap(thread.overlap);
  add_thread_forces(thread_count, reachable);
  double energy = 0.0, grade = 0.0;
  for (const Thread &thread : threads_) {
    energy += thread.energy_eV;
    grade = std::max(grade, thread.grade);
    if (vflag_global)
      for (int k = 0; k < 6; ++k) virial[k] += thread.virial_eV[k];
  }
  if (!std::isfinite(energy))
    error->one(FLERR, "pair style mtp: at step {} the energy is not a finite number; atoms overlap or flew apart",
               update->ntimestep);
  if (eflag_global) eng_vdwl += energy;
  if (!grading) return;
  grade = monitor_->finish(grade);
  pvector[0] = comm->me == 0 ? grade : 0.0;  // compute pair adds over processes
}

template <class Real>
void PairMTP::compute_block(const AtomView &atoms, const int *first, int count, bool grading, Thread &thread,
                            Pairs<Real> &pairs) {
  NeighbourBlock<Real> &block = pairs.block;
  block.gather(atoms, first, count);
  if (block.count() == 0) return;
  if (block.overlaps()) find_overlap(block, thread.overlap);
  const std::size_t numbers = kStride * static_cast<std::size_t>(block.end(block.count() - 1));
  thread.energies_eV.resize(block.count());
  if (pairs.gradients_eV_A.size() < numbers) pairs.gradients_eV_A.resize(numbers);
  Results<Real> results;
  results.energies_eV = thread.energies_eV.data();
  results.gradients_eV_A = pairs.gradients_eV_A.data();
  if (grading) {
    thread.basis.resize(static_cast<std::size_t>(block.count()) * potential_->basis_size());
    results.basis = thread.basis.data();
  }
  evaluate(*potential_, block.view(), results, thread.workspace);
  for (double energy : thread.energies_eV) thread.energy_eV += energy;
  block.add_forces(pairs.gradients_eV_A.data(), thread.forces_eV_A.data()->numbers);
  if (vflag_global) add_virial(pairs, thread.virial_eV);
  if (eflag_atom || vflag_atom) {
#pragma omp critical
    tally_atoms(pairs, thread.energies_eV);
  }
  if constexpr (sizeof(Real) == sizeof(double))
    if (grading) thread.grade = std::max(thread.grade, monitor_->grade(block, thread.basis.data()));
}

template <class Real>
void PairMTP::find_overlap(const NeighbourBlock<Real> &block, int *overlap) {
  for (int n = 0; n < block.count(); ++n)
    for (int pair = block.begin(n); pair < block.end(n); ++pair) {
      const Real *r = block.rij_A(pair);
      if (r[0] * r[0] + r[1] * r[1] + r[2] * r[2] >= kOverlapA * kOverlapA) continue;
      overlap[0] = block.centre(n);
      overlap[1] = block.neighbour(pair);
    }
}

void PairMTP::refuse_overlap(const int *overlap) {
  const int i = overlap[0], j = overlap[1];
  const double *a = atom->x[i], *b = atom->x[j];
  error->one(FLERR,
             "pair style mtp: at step {} atoms {} and {} are {:.3f} Å apart; below {} Å the structure or the run is "
             "broken (wrong cell, time step too long, potential extrapolating)",
             update->ntimestep, atom->tag[i], atom->tag[j], std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]),
             kOverlapA);
}

// W -= r g, as xx yy zz xy xz yz.
template <class Real>
void PairMTP::add_virial(const Pairs<Real> &pairs, double *virial) {
  const NeighbourBlock<Real> &block = pairs.block;
  for (int pair = 0; pair < block.end(block.count() - 1); ++pair) {
    const Real *from = &pairs.gradients_eV_A[kStride * static_cast<std::size_t>(pair)], *r = block.rij_A(pair);
    const double g[3] = {from[0], from[1], from[2]};
    virial[0] -= r[0] * g[0];
    virial[1] -= r[1] * g[1];
    virial[2] -= r[2] * g[2];
    virial[3] -= r[0] * g[1];
    virial[4] -= r[0] * g[2];
    virial[5] -= r[1] * g[2];
  }
}

// Shares a pair's virial half and half, as LAMMPS does for pair potentials.
template <class Real>
void PairMTP::tally_atoms(const Pairs<Real> &pairs, const std::vector<double> &energies_eV) {
  const NeighbourBlock<Real> &block = pairs.block;
  for (int n = 0; n < block.count(); ++n) {
    const int i = block.centre(n);
    if (eflag_atom) eatom[i] += energies_eV[n];
    if (!vflag_atom) continue;
    for (int pair = block.begin(n); pair < block.end(n); ++pair) {
      const Real *from = &pairs.gradients_eV_A[kStride * static_cast<std::size_t>(pair)], *r = block.rij_A(pair);
      const double g[3] = {from[0], from[1], from[2]};
      const double half[6] = {-0.5 * r[0] * g[0], -0.5 * r[1] * g[1], -0.5 * r[2] * g[2],
                              -0.5 * r[0] * g[1], -0.5 * r[0] * g[2], -0.5 * r[1] * g[2]};
      for (int k = 0; k < 6; ++k) {
        vatom[i][k] += half[k];
        vatom[block.neighbour(pair)][k] += half[k];
      }
    }
  }
}

void PairMTP::add_thread_forces(int threads, int atoms) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int i = 0; i < atoms; ++i)
    for (const Thread &thread : threads_)
      if (!thread.forces_eV_A.empty())  // the team may have turned out smaller than asked for
        for (int axis = 0; axis < 3; ++axis)
          atom->f[i][axis] += thread.forces_eV_A[i].numbers[axis];
}

void *PairMTP::extract_peratom(const char *name, int &columns) {
  columns = 0;
  return monitor_ && std::strcmp(name, "grade") == 0 ? monitor_->grades() : nullptr;
}

double PairMTP::memory_usage() {
  double bytes = Pair::memory_usage();
  for (const Thread &thread : threads_) {
    bytes += sizeof(AtomRow) * thread.forces_eV_A.capacity();
    for (const auto *values : {&thread.in_double.gradients_eV_A, &thread.basis})
      bytes += sizeof(double) * values->capacity();
    bytes += sizeof(float) * thread.in_single.gradients_eV_A.capacity();
  }
  return bytes;
}

}  // namespace argyro
