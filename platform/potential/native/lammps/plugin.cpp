// Registers pair style mtp with the LAMMPS that loads this library.
#include "plugin_api.hpp"

#include <string>

#include "library.h"
#include "pair_mtp.hpp"

#ifndef ARGYRO_LAMMPS_VERSION
#error "compile with -DARGYRO_LAMMPS_VERSION=yyyymmdd"
#endif

namespace {

// Class layouts differ between LAMMPS releases, so another release would crash without a message. Before the release is
// checked, only the C interface is safe.
void *create_pair_mtp(void *lammps) {
  const int running = lammps_version(lammps);
  if (running != ARGYRO_LAMMPS_VERSION) {
    const std::string message = "pair style mtp was compiled for LAMMPS " + std::to_string(ARGYRO_LAMMPS_VERSION) +
                                " but this is LAMMPS " + std::to_string(running) +
                                "; build it for this one: argyro potential build-plugin --lammps DIR";
    constexpr int abort_all = 1;  // ERROR_ALL of library.h
    lammps_error(lammps, abort_all, message.c_str());
  }
  return static_cast<LAMMPS_NS::Pair *>(new argyro::PairMTP(static_cast<LAMMPS_NS::LAMMPS *>(lammps)));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lammps, void *handle, void *registrar) {
  argyro::PluginStyle style{};
  static const std::string version = std::to_string(ARGYRO_LAMMPS_VERSION);
  style.version = version.c_str();
  style.style = "pair";
  style.name = "mtp";
  style.info = "moment tensor potential";
  style.author = "the argyro developers";
  style.create = create_pair_mtp;
  style.handle = handle;
  reinterpret_cast<argyro::PluginRegister *>(registrar)(&style, lammps);
}
