#include "active_set.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "grade_simd.hpp"

namespace argyro {

namespace {

struct Hash {
  std::uint64_t value = 0xcbf29ce484222325u;
  void bytes(const void *data, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n)
      value = (value ^ static_cast<const unsigned char *>(data)[n]) * 0x100000001b3u;
  }
  void number(double x) { bytes(&x, sizeof x); }
};

class Reader {
 public:
  explicit Reader(const std::string &path) : path_(path), file_(path) {
    if (!file_) throw std::invalid_argument("there is no active set at " + path);
  }
  [[noreturn]] void refuse(const std::string &reason) const {
    throw std::invalid_argument(path_ + " is not a complete active set: " + reason);
  }
  std::string line_after(const std::string &key) {
    std::string line;
    std::getline(file_, line);
    if (line.compare(0, key.size(), key) != 0) refuse("'" + key + "' is missing");
    return line.size() > key.size() ? line.substr(key.size() + 1) : "";
  }
  std::string line_after_line(const std::string &key) {
    line_after(key);
    std::string line;
    if (!std::getline(file_, line)) refuse("it ends too early");
    return line;
  }
  void skip_lines(int count) {
    std::string line;
    for (int n = 0; n < count; ++n)
      if (!std::getline(file_, line)) refuse("it ends too early");
  }
  double number() {
    double value;
    if (!(file_ >> value) || !std::isfinite(value)) refuse("a number is missing in 'inverse'");
    return value;
  }

 private:
  std::string path_;
  std::ifstream file_;
};

GradeFunction *grade_function() {
#ifdef ARGYRO_HAVE_X86
  if (std::strcmp(instruction_set(), "avx512") == 0) return avx512::grade;
  if (std::strcmp(instruction_set(), "avx2") == 0) return avx2::grade;
#endif
  return baseline::grade;
}

}  // namespace

std::uint64_t radial_fingerprint(const Parameters &parameters) {
  Hash hash;
  for (double x : {parameters.scaling, parameters.min_dist_A, parameters.cutoff_A}) hash.number(x);
  for (double x : parameters.radial) hash.number(x);
  return hash.value;
}

ActiveSet::ActiveSet(const std::string &path, const Potential &potential)
    : species_(potential.species_count()), basis_(potential.basis_size()), size_(species_ + basis_) {
  Reader reader(path);
  reader.line_after("argyro-active-set 1");
  const std::string mode = reader.line_after("mode");
  if (mode != "neighbourhood")
    throw std::invalid_argument(path + " is of " + mode + " mode; runs are graded by neighbourhood");
  reader.line_after("species");
  const std::string given = reader.line_after("fingerprint");
  char expected[17];
  const unsigned long long fingerprint = radial_fingerprint(potential.parameters());
  std::snprintf(expected, sizeof expected, "%016llx", fingerprint);
  const int size = std::atoi(reader.line_after("size").c_str());
  if (given != expected || size != size_)
    throw std::invalid_argument(path + " belongs to another potential: make it again from this one and its frames");
  reader.line_after("origin");
  reader.skip_lines(size);
  std::istringstream scale_line(reader.line_after_line("scale"));
  std::vector<double> scale(size);
  for (double &value : scale)
    if (!(scale_line >> value) || !(value > 0.0) || !std::isfinite(value)) reader.refuse("a number is missing in 'scale'");
  reader.line_after("rows");
  reader.skip_lines(size);
  reader.line_after("inverse");
  const int tiles = (size + kGradeTile - 1) / kGradeTile;
  packed_.assign(static_cast<std::size_t>(tiles) * size * kGradeTile, 0.0f);
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      const std::size_t tile = static_cast<std::size_t>(column / kGradeTile) * size + row;
      // a species' own number is one, unscaled
      packed_[tile * kGradeTile + column % kGradeTile] =
          static_cast<float>(reader.number() * (row < species_ ? 1.0 : scale[row]));
    }
  for (int k = species_; k < size; ++k) inverse_scale_.push_back(1.0 / scale[k]);
}

void ActiveSet::grade(int count, const int *types, const double *basis, double *grades) const {
  static GradeFunction *const function = grade_function();
  std::vector<float> scratch(static_cast<std::size_t>(kGradeRows) * basis_);
  const GradeMatrix matrix{packed_.data(), inverse_scale_.data(), species_, basis_, size_};
  function(matrix, count, types, basis, scratch.data(), grades);
}

}  // namespace argyro
