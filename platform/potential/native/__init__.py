"""The C++ kernel and the LAMMPS pair style: sources, build, commands."""
