"""Python interface for common tasks, re-exported by `import argyro`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP as Potential

if TYPE_CHECKING:
    import pandas as pd
    from ase import Atoms

    from argyro.campaigns.run import CampaignRun
    from argyro.campaigns.spec.schema import Campaign as CampaignSpec
    from argyro.platform.continuum.homogenize import Homogenized
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory


def homogenize(
    d_bulk_cm2_s: float,
    d_parallel_cm2_s: float,
    d_perpendicular_cm2_s: float,
    width_nm: float,
    grain_size_nm: float,
    *,
    grains: int = 27,
    seed: int = 0,
    method: str = "auto",
) -> Homogenized:
    """Compute the effective diffusivity of a periodic polycrystal.

    Args:
        d_bulk_cm2_s: diffusivity of the grains.
        d_parallel_cm2_s: diffusivity along the grain boundaries.
        d_perpendicular_cm2_s: diffusivity across the grain boundaries.
        width_nm: reference width of the boundary diffusivities.
        grain_size_nm: diameter of a sphere with the mean grain volume.
        grains: number of grains.
        seed: random seed of the polycrystal.
        method: ``auto``, ``direct``, ``reduced`` or ``voxel``.

    Raises:
        InputError: a diffusivity or length is not positive, or a boundary is wider than the grain.

        Boundaries with the diffusivity of the grains have no effect:

    >>> found = homogenize(1e-8, 1e-8, 1e-8, width_nm=2.5, grain_size_nm=100, grains=8)
    >>> round(found.mean_cm2_s / 1e-8, 3)
    1.0
    """
    from argyro.platform.continuum.homogenize import effective_diffusivity
    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal

    point = (d_bulk_cm2_s, d_parallel_cm2_s, d_perpendicular_cm2_s, width_nm, grain_size_nm)
    return effective_diffusivity(mesh(voronoi_polycrystal(grains, seed)), *point, method)


def load_trajectory(
    paths: str | PathLike | Sequence[str | PathLike], frame_interval_fs: float | None = None, species: str = "Li"
) -> Trajectory:
    """Read a trajectory of VASP, LAMMPS, CP2K, ASE or DCD.

    Args:
        paths: one file, or consecutive files of one run.
        frame_interval_fs: time between frames; None to read it from the files.
        species: mobile element.

    Raises:
        InputError: a file cannot be read, or its frames are not from one run.

    See `diffusivity` for an example.
    """
    from argyro.platform.dynamics.diffusion.report import load

    several = [paths] if isinstance(paths, str | PathLike) else paths
    return load([Path(path) for path in several], frame_interval_fs, species)


def diffusivity(trajectory: Trajectory, temperature_K: float, axes: str = "xyz", seed: int = 0) -> dict:
    """Measure the tracer diffusivity of a trajectory.

    Args:
        trajectory: see `load_trajectory`.
        temperature_K: temperature of the run.
        axes: averaged directions, such as ``xyz`` or ``xy``.
        seed: random seed of the posterior samples.

    Returns:
        The keys of ``argyro diffusion --json``: ``diffusivity_cm2_s`` with ``value``, ``low`` and ``high`` (95 %),
        or None with ``upper_bound_cm2_s`` and ``reason``.

    Raises:
        InputError: the trajectory is too short, or axes are unknown.

    Random walkers with steps of σ = 0.1 Å per axis and 100 fs diffuse by σ²/2τ = 5e-6 cm²/s:

    >>> import numpy as np
    >>> from ase import Atoms
    >>> from ase.io import write
    >>> rng = np.random.default_rng(0)
    >>> start = 20 * rng.random((72, 3))
    >>> steps = 0.1 * rng.normal(size=(2000, 72, 3)) * (np.arange(72) < 64)[:, None]  # S stays
    >>> frames = [Atoms("Li64S8", x, cell=[20] * 3, pbc=True) for x in start + steps.cumsum(axis=0)]
    >>> write("walk.extxyz", frames)
    >>> found = diffusivity(load_trajectory("walk.extxyz", frame_interval_fs=100), temperature_K=600)
    >>> interval = found["diffusivity_cm2_s"]
    >>> interval["low"] < 5e-6 < interval["high"]
    True
    """
    from argyro.platform.dynamics.diffusion.report import diffusion_report

    return diffusion_report(trajectory, temperature_K, axes, seed)


class MTP(MTPCalculator):
    """ASE calculator of a moment tensor potential: energy (eV), forces (eV/Å), stress (eV/Å³).

    Args:
        potential: file in MLIP's format, or the outcome of `train_mtp`.
        species: elements of the file's types, if the file lacks them.
        threads: number of threads; 0 for OMP_NUM_THREADS.

    Raises:
            InputError: the file is no potential.

    See `train_mtp` for an example.
    """

    def __init__(self, potential: str | PathLike | Potential, species: Sequence[str] | None = None, threads: int = 0):
        mtp = potential if isinstance(potential, Potential) else Potential.read(potential, species)
        super().__init__(mtp, threads)

    def write(self, path: str | PathLike) -> None:
        """Write the potential in MLIP's format."""
        self.mtp.write(path)


def train_mtp(
    frames: Sequence[Atoms],
    level: int,
    *,
    cutoff_A: float = 5.0,
    min_dist_A: float = 1.6,
    iterations: int = 300,
    validation: Sequence[Atoms] | None = None,
    seed: int = 0,
) -> MTP:
    """Fit a moment tensor potential to labelled frames.

    Args:
        frames: frames with energies, forces and, if periodic, stresses in a calculator.
        level: even level, 2 to 26; a higher level has more basis functions.
        cutoff_A: cutoff radius.
        min_dist_A: least distance of the radial functions.
        iterations: largest number of L-BFGS iterations.
        validation: validation frames for early stopping.
        seed: random seed of the initial coefficients.

    Raises:
            InputError: a frame lacks labels, or the level does not exist.

    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> from ase.calculators.singlepoint import SinglePointCalculator
    >>> def labelled(seed):
    ...     atoms = bulk("Cu", cubic=True)
    ...     atoms.rattle(0.1, seed=seed)
    ...     atoms.calc = EMT()
    ...     labels = {name: atoms.calc.get_property(name, atoms) for name in ("energy", "forces", "stress")}
    ...     atoms.calc = SinglePointCalculator(atoms, **labels)
    ...     return atoms
    >>> potential = train_mtp([labelled(seed) for seed in range(20)], level=6, iterations=100)
    >>> atoms = labelled(99)
    >>> exact = atoms.get_forces()
    >>> atoms.calc = potential
    >>> bool(abs(atoms.get_forces() - exact).max() < 0.2)
    True
    """
    from argyro.platform.potential.fitting.fit import train
    from argyro.platform.potential.fitting.options import TrainingOptions

    species = tuple(sorted({symbol for atoms in frames for symbol in atoms.symbols}))
    initial = Potential.untrained(species, level, cutoff_A, min_dist_A, seed=seed)
    return MTP(train(frames, initial, TrainingOptions(max_iterations=iterations), validation).mtp)


class Campaign:
    """Campaign file and its folder.

    Args:
        spec: campaign file (YAML).
        workdir: folder of the results; None for ``runs/NAME``.
        outside: allow files and programs outside the current directory.

    >>> from importlib.resources import files
    >>> campaign = Campaign(files("argyro.campaigns") / "templates/quickstart.yaml")
    >>> campaign.validate().name
    'quickstart'
    >>> campaign.workdir
    PosixPath('runs/quickstart')
    """

    def __init__(self, spec: str | PathLike, workdir: str | PathLike | None = None, *, outside: bool = False):
        self.spec, self.outside = Path(spec), outside
        self._workdir = None if workdir is None else Path(workdir)

    @property
    def workdir(self) -> Path:
        """Folder of the results."""
        return self._workdir or Path("runs") / self.validate().name

    def validate(self) -> CampaignSpec:
        """Check the campaign file.

        Returns:
            content of the file.

        Raises:
                InvalidCampaign: the file has mistakes; the error lists all.
        """
        from argyro.campaigns.spec.load import load_campaign

        return load_campaign(self.spec, self._workdir, self.outside)

    def plan(self, nodes: int = 1, cores: float | None = None, memory_GB: float | None = None) -> dict:
        """Estimate work items, labels, core-hours, wall time, memory and disk without a run.

        Args:
            nodes: number of machines.
            cores: cores per machine; None as on this one.
            memory_GB: memory per machine; None as on this one.

        Returns:
            The keys of ``argyro plan --json``.
        """
        from argyro.campaigns.planning.machine_benchmark import measure_costs
        from argyro.campaigns.planning.makespan import Machine
        from argyro.campaigns.planning.plan import make_plan, this_machine

        campaign, here = self.validate(), this_machine()
        machine = Machine(cores or here.cores, memory_GB or here.memory_GB)
        return make_plan(campaign, measure_costs(), nodes * [machine], disk=self._workdir)

    def run(self, *, inline: bool = False, address: str | None = None, trust: bool = False) -> CampaignRun:
        """Compute missing results; call it again to resume.

        Args:
            inline: run in this process, without Ray.
            address: Ray cluster: ``auto``, ``local`` or its URL; None for a local one.
            trust: execute the programs and open the files that the campaign file names; see ``argyro run --trust``.

        Raises:
            InvalidCampaign: the file has mistakes, or names unknown code that the user has not trusted.
        """
        from argyro.campaigns.run import run_campaign
        from argyro.campaigns.spec.consent import require_consent
        from argyro.campaigns.spec.load import load_campaign

        campaign = load_campaign(self.spec, self._workdir, self.outside or trust)
        require_consent(campaign, str(self.spec), trust=trust, run=True)
        folder = self._workdir or Path("runs") / campaign.name
        return run_campaign(campaign, folder, inline=inline, address=address, display=lambda scheduler: nullcontext())

    def results(self) -> pd.DataFrame:
        """Tabulate the diffusivities so far: one row per run and direction, see docs/results.md.

        Raises:
            InputError: the folder is not a campaign's.
        """
        from argyro.campaigns.results.ancestry import Lineage
        from argyro.campaigns.results.results_table import results_table
        from argyro.campaigns.runtime.workspace import CampaignFolder

        folder = CampaignFolder(self.workdir)
        return results_table(Lineage(folder.store(folder.campaign())))
