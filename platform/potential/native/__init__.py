"""C++ kernel and LAMMPS pair style: sources, build, commands."""
