"""What a campaign file may say. Unknown keys are refused; every field says its unit and what it accepts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from argyro.campaigns.spec.material import Material
from argyro.platform.common.errors import InputError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _boundary(name: str) -> str:
    from argyro.platform.structures.boundaries.csl import parse_boundary

    return parse_boundary(name).name


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("the same value stands twice; name each once")
    return values


def _rising(levels: list[int]) -> list[int]:
    if levels != sorted(set(levels)):
        raise ValueError("levels are no ladder; name them from the lowest to the highest, each once")
    return levels


def _range(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] >= limits[1]:
        raise ValueError("the first is not below the second; name the lowest, then the highest")
    return limits


Positive = Annotated[float, Field(gt=0.0)]
Temperature = Annotated[float, Field(ge=1.0, le=3000.0)]
Level = Annotated[int, Field(ge=2, le=26, multiple_of=2)]


class Structures(_Section):
    """Sizes of the simulated cells."""

    supercell: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(
        (2, 2, 2), description="bulk cell in conventional cells of 52 atoms"
    )
    learning_supercell: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (
        Field((1, 1, 1), description="bulk cell in which the potential is learned")
    )
    min_grain_thickness_nm: Positive = Field(1.5, description="grain thickness between two boundaries, at least")
    arrangement: Literal["random", "quasirandom"] = Field(
        "random", description="of the free anions; quasirandom has the pair frequencies of an infinite crystal"
    )


Reference = Literal["diep", "chgnet", "sevennet", "mace", "gpaw", "vasp", "espresso", "cp2k", "ase"]


class Teacher(_Section):
    """A committee of MACE models trained on few labels of an expensive reference, which then labels in its place."""

    train_on: Reference = Field(description="the expensive reference")
    frames: Annotated[int, Field(ge=15)] = Field(60, description="labels of the expensive reference, per family")
    python: str | None = Field(None, description="interpreter of the environment that holds the expensive reference")
    factory: str | None = Field(None, description="for `ase`: module:callable that makes the calculator")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="settings of the expensive reference")
    timeout_s: Positive = 3600.0
    foundation: str | None = Field(None, description="model file to fine-tune, or a name; default: from scratch")
    channels: Annotated[int, Field(ge=4)] = Field(32, description="width of the models")
    epochs: Annotated[int, Field(ge=1)] = Field(200, description="of training")
    max_force_error_meV_A: Positive = Field(150.0, description="on labels held out, with which it may teach")


class Labels(_Section):
    """The reference that labels configurations."""

    source: Reference = "diep"
    teacher: Teacher | None = Field(None, description="for `mace`: train the models on another reference's labels")
    python: str | None = Field(None, description="interpreter of the environment that holds the reference")
    factory: str | None = Field(None, description="for `ase`: module:callable that makes the calculator")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="settings of the reference, see docs/labels.md")
    known: list[str] = Field(
        default_factory=list,
        description="extended xyz files of frames that this reference has labelled, to begin with in place of seeds",
    )
    threads: Annotated[int, Field(ge=1)] = 1
    timeout_s: Positive = 3600.0
    memory_GB: Positive | None = Field(None, description="largest memory of the reference; default: 0.8 of the machine")


class Potential(_Section):
    """Moment tensor potential and its active learning; one potential per family of compositions."""

    cutoff_A: Annotated[float, Field(ge=3.0, le=10.0)] = 5.0
    levels: Annotated[list[Level], Field(min_length=1), AfterValidator(_rising)] = Field(
        default_factory=lambda: [6, 8], description="the ladder of MTP levels, lowest first"
    )
    max_labels: Annotated[int, Field(ge=10)] = Field(80, description="per family")
    max_rounds: Annotated[int, Field(ge=1)] = Field(6, description="of exploration and refitting, per family")
    explore_ps: Positive = Field(10.0, description="length that exploration must survive without extrapolation")
    ensemble: Annotated[int, Field(ge=1, le=20)] = Field(
        3,
        description="potentials of other starts and weights, at most md.realisations; realisations of the MD take "
        "turns with them, so that the spread of D contains the error of the fit",
    )
    require: Literal["converged", "any"] = Field(
        "any",
        description="converged: a potential that did not converge ends its family; any: MD follows with a warning",
    )
    target_ps: Positive | None = Field(
        None,
        description="length of an MD run of the first bulk at the highest temperature after each level; the ladder "
        "ends at the level that leaves D within the interval of the one before",
    )
    families: Literal["by_elements", "by_composition", "one"] = Field(
        "by_elements", description="materials that share a potential: of the same elements, of one formula, or all"
    )
    temperatures_K: Annotated[tuple[Temperature, Temperature], AfterValidator(_range)] | None = Field(
        None,
        description="lowest and highest temperature the potential is learned at; default: from the campaign's lowest "
        "to 1.3 times its highest. Set it to add temperatures later without learning anew",
    )


class Dynamics(_Section):
    """Molecular dynamics of the production runs."""

    equilibrate_ps: Positive = 5.0
    production_ps: Positive = 50.0
    timestep_fs: Annotated[float, Field(gt=0.0, le=5.0)] = 2.0
    frame_every_fs: Positive = 100.0
    realisations: Annotated[int, Field(ge=1)] = Field(
        3,
        description="independent arrangements of anions and Li, each with its own velocities, per cell and temperature",
    )
    extensions: Annotated[int, Field(ge=0, le=10)] = Field(
        2,
        description="how often a run whose potential extrapolates is repeated with a potential extended by its frames",
    )
    lammps: str | None = Field(None, description="another lmp executable")
    pair_style: str | None = Field(None, description="another pair style of it, for instance mtp/kk")
    launcher: str | None = Field(None, description="for instance: mpirun -np 4")


class Foundation(_Section):
    """A learned potential whose weights stay as they are."""

    source: Literal["chgnet", "mace"] = "chgnet"
    model: str | None = Field(None, description="file of a MACE model; chgnet's comes with its package")


class SurrogateModel(_Section):
    """The graph surrogate of ln D."""

    members: Annotated[int, Field(ge=2, le=50)] = Field(4, description="members of the ensemble")
    steps: Annotated[int, Field(ge=10)] = Field(200, description="of Adam, for each member")
    foundation: Foundation | None = Field(
        None, description="model whose frozen descriptors of the atoms the graph networks see, too"
    )


class Homogenization(_Section):
    """The polycrystal."""

    grains: Annotated[int, Field(ge=8, le=1000)] = 27
    realisations: Annotated[int, Field(ge=1)] = Field(1, description="polycrystals averaged over")
    samples: Annotated[int, Field(ge=20)] = Field(200, description="of the posterior of the diffusivities")


class Until(_Section):
    """When an adaptive campaign stops making runs: as soon as one of these is reached."""

    core_hours: Positive | None = Field(None, description="spent on molecular dynamics, as measured")
    probability_best: Annotated[float, Field(gt=0.0, lt=1.0)] | None = Field(
        None, description="that the leading candidate is the best"
    )
    regret_dex: Positive | None = Field(
        None, description="expected loss in log10 of the conductivity by taking the leading candidate"
    )


def _some_end(until: Until) -> Until:
    if until == Until():
        raise InputError(
            "an adaptive campaign needs an end: give at least one of core_hours, probability_best and regret_dex",
            accepted="core_hours, probability_best, regret_dex",
        )
    return until


class Acquisition(_Section):
    """Runs chosen by the surrogate, round by round, in place of every run; absent: every run is made."""

    start: Annotated[int, Field(ge=2)] = Field(4, description="runs to begin with, spread over the campaign's space")
    batch: Annotated[int, Field(ge=1)] = Field(2, description="runs added in a round")
    lengths_ps: Annotated[list[Positive], AfterValidator(_distinct)] = Field(
        default_factory=list, description="lengths of production to choose from; default: md.production_ps alone"
    )
    until: Annotated[Until, AfterValidator(_some_end)]


class Budget(_Section):
    """What the campaign may cost; `argyro plan` compares."""

    core_hours: Positive | None = None
    labels: Annotated[int, Field(ge=1)] | None = None


def _cores_alone(given: object) -> object:
    """``md: 4`` is short for ``md: {cpu: 4}``."""
    return {"cpu": given} if isinstance(given, int) and not isinstance(given, bool) else given


class StageResources(_Section):
    """What one item occupies while it runs, and for how long at most."""

    cpu: Annotated[int, Field(ge=1)] = Field(1, description="CPU cores; for md the number of MPI ranks")
    gpu: Annotated[float, Field(ge=0.0)] = Field(0.0, description="GPUs, or a share of one such as 0.5")
    memory_GB: Positive = Field(1.0, description="memory that is kept free for it")
    custom: dict[str, Positive] = Field(
        default_factory=dict, description="what the machines were started with besides, for instance {vasp: 1}"
    )
    hours: Positive = Field(
        168.0,
        description="an item that takes longer is ended and tried once more; what it can resume, it resumes. MD saves"
        " itself before that and goes on in a next task, as often as it takes",
    )


ItemResources = Annotated[StageResources, BeforeValidator(_cores_alone)]


class Resources(_Section):
    """Resources of one item of each stage; a number alone is a number of CPU cores."""

    structure: ItemResources = StageResources()
    learn: ItemResources = StageResources()
    labels: ItemResources = Field(
        StageResources(), description="of the reference; the learning item that takes the labels holds these as well"
    )
    md: ItemResources = StageResources()
    diffusivity: ItemResources = StageResources()
    surrogate: ItemResources = StageResources()
    acquisition: ItemResources = StageResources()
    microstructure: ItemResources = StageResources()
    homogenize: ItemResources = StageResources()


class Campaign(_Section):
    """A campaign: what to screen, under which conditions, by which methods."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    materials: Annotated[list[Material], Field(min_length=1)]
    boundaries: Annotated[list[Annotated[str, AfterValidator(_boundary)]], AfterValidator(_distinct)] = Field(
        default_factory=list, description="grain boundaries beside the bulk; argyro structure --list-boundaries"
    )
    boundary_width_nm: Positive = Field(2.5, description="width to which a boundary's diffusivity refers")
    temperatures_K: Annotated[list[Temperature], Field(min_length=1), AfterValidator(_distinct)]
    grain_sizes_nm: Annotated[list[Positive], Field(min_length=1), AfterValidator(_distinct)]
    screening_temperature_K: Temperature = Field(300.0, description="temperature of the ranking")
    structures: Structures = Structures()
    labels: Labels = Labels()
    potential: Potential = Potential()
    md: Dynamics = Dynamics()
    surrogate: SurrogateModel = SurrogateModel()
    acquisition: Acquisition | None = None
    homogenization: Homogenization = Homogenization()
    budget: Budget = Budget()
    resources: Resources = Resources()
    store: str | None = Field(None, description="URI of the results; default: the campaign's folder")
    tracking: str | None = Field(None, description="MLflow tracking URI; default: sqlite in the campaign's folder")
