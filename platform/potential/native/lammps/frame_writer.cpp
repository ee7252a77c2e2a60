#include "frame_writer.hpp"

#include <algorithm>
#include <cstdio>

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "update.h"

namespace argyro {

namespace {

struct Record {
  double number, type, x, y, z, grade;
};
constexpr int kWidth = sizeof(Record) / sizeof(double);

std::vector<Record> local_records(LAMMPS_NS::LAMMPS *lammps, const std::vector<double> &grades) {
  const auto *atom = lammps->atom;
  const double *low = lammps->domain->boxlo;
  std::vector<Record> records(atom->nlocal);
  for (int i = 0; i < atom->nlocal; ++i) {
    const double *x = atom->x[i];
    const double number = atom->tag_enable ? static_cast<double>(atom->tag[i]) : i + 1;
    records[i] = {number, static_cast<double>(atom->type[i]), x[0] - low[0], x[1] - low[1], x[2] - low[2], grades[i]};
  }
  return records;
}

// All processes' records on the first, empty elsewhere.
std::vector<Record> collect(LAMMPS_NS::LAMMPS *lammps, const std::vector<Record> &mine) {
  const int processes = lammps->comm->nprocs, count = kWidth * static_cast<int>(mine.size());
  std::vector<int> counts(processes), offsets(processes + 1, 0);
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, lammps->world);
  for (int p = 0; p < processes; ++p) offsets[p + 1] = offsets[p] + counts[p];
  std::vector<Record> all(lammps->comm->me == 0 ? offsets[processes] / kWidth : 0);
  MPI_Gatherv(mine.data(), count, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, 0, lammps->world);
  return all;
}

}  // namespace

void write_frame(LAMMPS_NS::LAMMPS *lammps, const std::string &path, const std::vector<std::string> &symbols,
                 const std::vector<double> &grades, double largest) {
  std::vector<Record> records = collect(lammps, local_records(lammps, grades));
  if (lammps->comm->me != 0) return;
  std::sort(records.begin(), records.end(), [](const Record &a, const Record &b) { return a.number < b.number; });
  std::FILE *file = std::fopen(path.c_str(), "a");
  if (!file) lammps->error->one(FLERR, "pair style mtp: cannot write {}", path);
  const double *h = lammps->domain->h;  // xx yy zz yz xz xy
  const int *periodic = lammps->domain->periodicity;
  std::fprintf(file, "%zu\nLattice=\"%.10g 0 0 %.10g %.10g 0 %.10g %.10g %.10g\" ", records.size(), h[0], h[5], h[1],
               h[4], h[3], h[2]);
  std::fprintf(file, "Properties=species:S:1:pos:R:3:id:I:1:grade:R:1 step=%lld max_grade=%.8g pbc=\"%c %c %c\"\n",
               static_cast<long long>(lammps->update->ntimestep), largest, periodic[0] ? 'T' : 'F',
               periodic[1] ? 'T' : 'F', periodic[2] ? 'T' : 'F');
  for (const Record &r : records)
    std::fprintf(file, "%s %.10g %.10g %.10g %.0f %.6g\n", symbols[static_cast<int>(r.type)].c_str(), r.x, r.y, r.z,
                 r.number, r.grade);
  std::fclose(file);
}

}  // namespace argyro
