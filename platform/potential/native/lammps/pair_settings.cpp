#include "pair_settings.hpp"

#include <cmath>
#include <stdexcept>

namespace argyro {

namespace {

double positive(const std::string &name, const std::string &word) {
  std::size_t used = 0;
  double value = 0.0;
  try {
    value = std::stod(word, &used);
  } catch (const std::exception &) {
  }
  if (used != word.size() || !(value > 0.0))
    throw std::invalid_argument(name + " needs a positive number, not '" + word + "'");
  return value;
}

bool is_mixed(const std::string &value) {
  if (value != "mixed" && value != "double")
    throw std::invalid_argument("precision is mixed or double, not '" + value + "'");
  return value == "mixed";
}

}  // namespace

bool PairSettings::is_keyword(const std::string &word) {
  for (const char *known : {"precision", "grade", "every", "select", "break", "dump"})
    if (word == known) return true;
  return false;
}

PairSettings PairSettings::parse(const std::vector<std::string> &words) {
  PairSettings settings;
  for (std::size_t n = 0; n < words.size(); n += 2) {
    const std::string &name = words[n];
    if (n + 1 == words.size()) throw std::invalid_argument("'" + name + "' needs a value");
    const std::string &value = words[n + 1];
    if (name == "precision")
      settings.mixed = is_mixed(value);
    else if (name == "grade")
      settings.active_set = value;
    else if (name == "every")
      settings.every = static_cast<int>(positive(name, value));
    else if (name == "select")
      settings.select = positive(name, value);
    else if (name == "break")
      settings.break_at = positive(name, value);
    else if (name == "dump")
      settings.dump = value;
    else
      throw std::invalid_argument("unknown word '" + name + "'; use precision, grade, every, select, break, dump");
  }
  const bool limits = settings.every || std::isfinite(settings.select) || std::isfinite(settings.break_at);
  if ((limits || !settings.dump.empty()) && !settings.grading())
    throw std::invalid_argument("every, select, break and dump need grade ACTIVE_SET");
  if (settings.grading() && settings.every < 1) throw std::invalid_argument("grade needs every N, N at least 1");
  return settings;
}

}  // namespace argyro
