"""Settings of a campaign file; unknown keys are refused, and every field gives its unit and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, StrictBool, model_validator

from argyro.campaigns.spec.material import Material, composition_name
from argyro.campaigns.spec.mistakes import shown
from argyro.campaigns.spec.numbers import (
    Count,
    Duration_ps,
    Durations_ps,
    Fraction,
    Levels,
    Number,
    Positive,
    Probability,
    Repeats,
    Share,
    Sizes_nm,
    Supercell,
    Temperature,
    TemperatureRange,
    Temperatures,
    Thickness_nm,
    Time_s,
    Whole,
    Width_nm,
    six_digits,
)
from argyro.campaigns.spec.path_sandbox import (
    Command,
    EngineSettings,
    Factory,
    File,
    Program,
    StoreUri,
    TrackingUri,
)
from argyro.campaigns.spec.section import Section
from argyro.campaigns.spec.series import expanded
from argyro.platform.common.errors import InputError
from argyro.platform.labels.references import SOURCES


def _boundary(name: str) -> str:
    from argyro.platform.structures.boundaries.csl import parse_boundary

    if name.strip() == "bulk":
        raise InputError("the bulk is always part of a campaign; remove this entry", accepted="a grain boundary")
    return parse_boundary(name).name


def _named(boundary: Any) -> Any:
    """Normalize a name; leave what is no boundary to the check of the names."""
    try:
        return _boundary(boundary) if isinstance(boundary, str) else boundary
    except InputError:
        return boundary


def _pair_style(text: str) -> str:
    """Accept a pair style alone: LAMMPS expands variables and runs Python code from its input."""
    if not re.fullmatch(r" *[A-Za-z0-9][A-Za-z0-9/_.+ -]{0,200}", text) or text.lstrip().startswith("python"):
        raise InputError(f"{shown(text)} is not a pair style; write for instance mtp/kk", accepted="a pair style")
    return text


PairStyle = Annotated[str, AfterValidator(_pair_style)]


class Structures(Section):
    """Sizes of the simulated cells."""

    supercell: Supercell = Field((2, 2, 2), description="bulk cell of the MD, in conventional cells of 52 atoms")
    learning_supercell: Supercell = Field((1, 1, 1), description="bulk cell in which the potential is learned")
    min_grain_thickness_nm: Thickness_nm = Field(
        4.2, description="least thickness of a grain between two boundaries; a boundary may fill 0.6 of it"
    )
    arrangement: Literal["random", "quasirandom"] = Field(
        "random", description="of the free anions; quasirandom has the pair frequencies of an infinite crystal"
    )


Reference = Literal[SOURCES]  # type: ignore[valid-type]  # names of the table of label sources


class Teacher(Section):
    """A committee of MACE models, trained on few labels of an expensive reference, that labels in its place."""

    train_on: Reference = Field(description="the expensive reference")
    frames: Annotated[Count, Field(ge=15)] = Field(60, description="labels of the expensive reference per family")
    python: Program | None = Field(None, description="interpreter of the environment of the expensive reference")
    factory: Factory | None = Field(None, description="for `ase`: module:callable that makes the calculator")
    kwargs: Annotated[EngineSettings, Field(default_factory=dict, description="settings of the expensive reference")]
    timeout_s: Time_s = Field(3600.0, description="time limit for a label")
    foundation: File | None = Field(None, description="model file or name to fine-tune; default: from scratch")
    channels: Annotated[Count, Field(ge=4, le=4096)] = Field(32, description="width of the models")
    epochs: Annotated[Count, Field(le=100_000)] = Field(200, description="of the training")
    max_force_error_meV_A: Positive = Field(150.0, description="largest error on held-out labels of a usable teacher")


class Labels(Section):
    """The reference that labels configurations."""

    source: Reference = "diep"
    teacher: Teacher | None = Field(None, description="for `mace`: train the models on labels of another reference")
    python: Program | None = Field(None, description="interpreter of the environment of the reference")
    factory: Factory | None = Field(None, description="for `ase`: module:callable that makes the calculator")
    kwargs: EngineSettings = Field(default_factory=dict, description="settings of the reference, see docs/labels.md")
    known: list[File] = Field(
        default_factory=list,
        description="extended xyz files of frames with labels of this reference, used in place of initial frames",
    )
    threads: Annotated[Count, Field(le=1024)] = Field(1, description="threads of the reference")
    timeout_s: Time_s = Field(3600.0, description="time limit for a label")
    memory_GB: Positive | None = Field(None, description="largest memory of the reference; default: 0.8 of the machine")


class Validation(Section):
    """Comparison of a learned potential with its reference."""

    method: Literal["forces", "md", "none"] = Field(
        "forces",
        description="forces: label frames of MD with the potential; md: also compare D with that of MD with the "
        "reference itself, which takes about an hour per 20 ps with diep",
    )
    frames: Annotated[Count, Field(ge=2, le=10_000)] = Field(12, description="labelled frames of method forces")
    length_ps: Duration_ps = Field(20.0, description="length of the MD with the reference of method md")
    supercell: Supercell = Field(
        (1, 1, 1), description="bulk cell of method md in conventional cells of 52 atoms; [2, 2, 1] has 208 atoms"
    )


class Potential(Section):
    """Moment tensor potential and its active learning; one potential per family of compositions."""

    cutoff_A: Annotated[Number, Field(ge=3.0, le=10.0)] = Field(5.0, description="cutoff radius")
    levels: Levels = Field(default_factory=lambda: [6, 8], description="MTP levels, the lowest first")
    max_labels: Annotated[Count, Field(ge=10)] = Field(80, description="per family")
    max_rounds: Repeats = Field(6, description="of exploration and refitting, per family")
    explore_ps: Duration_ps = Field(10.0, description="length of an exploration without extrapolation")
    ensemble: Annotated[Count, Field(le=20)] = Field(
        3,
        description="potentials of other starts and weights, at most md.realisations; realisations of the MD use them "
        "in turn, so that the spread of D contains the error of the fit",
    )
    require: Literal["converged", "any"] = Field(
        "any",
        description="converged: a potential that did not converge ends its family; any: MD follows with a warning",
    )
    validation: Validation = Validation()
    target_ps: Duration_ps | None = Field(
        None,
        description="length of an MD run of the first bulk at the highest temperature after each level; learning ends "
        "at the level that leaves D within the interval of the level before",
    )
    families: Literal["by_elements", "same_elements", "by_composition", "one"] = Field(
        "by_elements",
        description="materials that share a potential: by_elements joins mixtures and substitutions with their end "
        "members; same_elements needs equal sets of elements; by_composition one formula; one is for all",
    )
    temperatures_K: TemperatureRange | None = Field(
        None,
        description="lowest and highest temperature of the learning; default: the campaign's lowest and 1.3 times its "
        "highest. Set it to add temperatures later without new learning",
    )


class Continuation(Section):
    """End of an MD run that lengthens itself: D(2t) = D(t) within the error, and D converged."""

    relative_error: Probability = Field(0.2, description="error wanted of D, and change between half and whole run")
    max_ps: Duration_ps = Field(description="longest production of a run")


class Dynamics(Section):
    """Molecular dynamics of the production runs."""

    equilibrate_ps: Duration_ps = Field(5.0, description="length at constant pressure")
    production_ps: Duration_ps = Field(50.0, description="length at constant volume")
    until: Continuation | None = Field(
        None, description="lengthen each run beyond production_ps until its D is converged; default: a fixed length"
    )
    timestep_fs: Annotated[Number, Field(ge=0.01, le=5.0)] = Field(2.0, description="time step")
    frame_every_fs: Annotated[Number, Field(gt=0.0, le=1e6)] = Field(100.0, description="interval of kept frames")
    precision: Literal["mixed", "double"] = Field(
        "mixed", description="of the potential; mixed sums single-precision terms in double precision"
    )
    realisations: Repeats = Field(
        3,
        description="independent arrangements of anions and Li, each with its own velocities, per cell and temperature",
    )
    extensions: Annotated[Whole, Field(ge=0, le=10)] = Field(
        2,
        description="repeats of a run whose potential extrapolates, each with a potential extended by its frames",
    )
    lammps: Command | None = Field(None, description="another lmp executable")
    pair_style: PairStyle | None = Field(None, description="another pair style of it, for instance mtp/kk")
    launcher: Command | None = Field(None, description="for instance: mpirun -np 4")


class DisorderPrediction(Section):
    """Prediction of the site disorder of materials that give none."""

    synthesis_temperature_K: Temperature = Field(
        823.0,
        description="of the synthesis; free energies are taken at this temperature, and potentials of materials "
        "without disorder are learned up to 1.3 times it",
    )
    quench_temperature_K: Temperature | None = Field(
        None,
        description="at which the anions freeze on cooling; default: the synthesis temperature, as after quenching",
    )
    fractions: Annotated[list[Share], Field(min_length=3), AfterValidator(six_digits)] = Field(
        default_factory=lambda: [0.0, 0.25, 0.5, 0.75, 1.0], description="disorders whose free energy is computed"
    )
    realisations: Repeats = Field(3, description="arrangements of anions and Li per disorder")
    supercell: Supercell = Field((2, 1, 1), description="cell of these runs, in conventional cells of 52 atoms")
    length_ps: Duration_ps = Field(
        20.0,
        description="length of each of three runs at constant pressure: the mean enthalpy and two of the free energy",
    )
    swap_stretches: Annotated[Whole, Field(ge=0, le=10_000_000)] = Field(
        0, description="stretches of MD between exchanges of the hybrid Monte Carlo that checks the result; 0 for none"
    )
    calibrate: StrictBool = Field(
        True,
        description="correct predicted disorders by the refined disorders of published compounds; false simulates the "
        "predictions of the reference as they are",
    )

    @property
    def temperature_K(self) -> float:
        """Temperature at which the anions are in equilibrium."""
        return self.quench_temperature_K or self.synthesis_temperature_K


class Foundation(Section):
    """A learned potential with frozen weights."""

    source: Literal["chgnet", "mace"] = "chgnet"
    model: File | None = Field(None, description="file of a MACE model; chgnet's comes with its package")


class SurrogateModel(Section):
    """The graph surrogate of ln D."""

    members: Annotated[Count, Field(ge=2, le=50)] = Field(4, description="members of the ensemble")
    steps: Annotated[Count, Field(ge=10)] = Field(200, description="of Adam, for each member")
    foundation: Foundation | None = Field(
        None, description="model whose frozen descriptors of the atoms the graph networks see as well"
    )


class Homogenization(Section):
    """The polycrystal."""

    grains: Annotated[Count, Field(ge=8, le=1000)] = Field(27, description="grains of the periodic polycrystal")
    realisations: Repeats = Field(1, description="polycrystals averaged over")
    samples: Annotated[Count, Field(ge=20, le=100_000)] = Field(200, description="of the posterior of D")


class Until(Section):
    """End of an adaptive campaign: the first of these limits that is reached."""

    core_hours: Positive | None = Field(None, description="spent on molecular dynamics, as measured")
    probability_best: Probability | None = Field(None, description="that the leading candidate is the best")
    regret_dex: Positive | None = Field(
        None, description="expected loss in log10 of the conductivity by taking the leading candidate"
    )


def _some_end(until: Until) -> Until:
    if until == Until():
        limits = "core_hours, probability_best, regret_dex"
        raise InputError(f"needs at least one limit of {limits}", accepted=limits)
    return until


class Acquisition(Section):
    """Runs chosen by the surrogate, round by round; without this section every run is made."""

    start: Annotated[Count, Field(ge=2)] = Field(4, description="runs of the first round, spread over the campaign")
    batch: Count = Field(2, description="runs added in a round")
    lengths_ps: Durations_ps = Field(
        default_factory=list, description="lengths of production to choose from; default: md.production_ps alone"
    )
    until: Annotated[Until, AfterValidator(_some_end)]


class Budget(Section):
    """Limits that `argyro plan` compares with the expected cost."""

    core_hours: Positive | None = None
    labels: Count | None = None


def _cores_alone(given: object) -> object:
    """Read ``md: 4`` as ``md: {cpu: 4}``."""
    return {"cpu": given} if isinstance(given, int) and not isinstance(given, bool) else given


class StageResources(Section):
    """Resources of one item while it runs, and its time limit."""

    cpu: Annotated[Count, Field(le=100_000)] = Field(1, description="CPU cores; for md the number of MPI ranks")
    gpu: Annotated[Number, Field(ge=0.0, le=1000.0)] = Field(0.0, description="GPUs, or a share of one such as 0.5")
    memory_GB: Annotated[Number, Field(gt=0.0, le=1e6)] = Field(1.0, description="memory reserved for it")
    custom: dict[str, Positive] = Field(
        default_factory=dict, description="custom resources of the Ray nodes, for instance {vasp: 1}"
    )
    hours: Annotated[Number, Field(gt=0.0, le=1e5)] = Field(
        168.0,
        description="time limit; a longer item is ended and tried once more. MD saves itself before and continues in a "
        "new task",
    )


ItemResources = Annotated[StageResources, BeforeValidator(_cores_alone)]


class Resources(Section):
    """Resources of one item of each stage; a number alone is a number of CPU cores."""

    structure: ItemResources = StageResources()
    learn: ItemResources = StageResources()
    labels: ItemResources = Field(
        StageResources(), description="of the reference; the items of learn and reference_check hold these as well"
    )
    reference_check: ItemResources = StageResources()
    md: ItemResources = StageResources()
    diffusivity: ItemResources = StageResources()
    surrogate: ItemResources = StageResources()
    acquisition: ItemResources = StageResources()
    microstructure: ItemResources = StageResources()
    homogenize: ItemResources = StageResources()


class Campaign(Section):
    """A campaign: materials, boundaries, conditions and methods."""

    @model_validator(mode="before")
    @classmethod
    def _shares_with_names(cls, given: Any) -> Any:
        """Read ``boundaries: {NAME: SHARE}`` as names and shares."""
        if not isinstance(given, dict) or not isinstance(given.get("boundaries"), dict):
            return given
        shares = given["boundaries"]
        return {**given, "boundaries": list(shares), "boundary_shares": {_named(key): shares[key] for key in shares}}

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    seed: Annotated[Whole, Field(ge=0, lt=2**31)] = Field(0, description="of all random choices")
    materials: Annotated[list[Material], BeforeValidator(expanded), Field(min_length=1)]
    disorder: DisorderPrediction = DisorderPrediction()
    boundaries: Annotated[list[Annotated[str, AfterValidator(_boundary)]], AfterValidator(six_digits)] = Field(
        default_factory=list, description="grain boundaries beside the bulk; argyro structure --list-boundaries"
    )
    boundary_shares: dict[str, Fraction] = Field(
        default_factory=dict,
        description="shares of the boundary area that add up to 1, the mixture of `argyro predict`; default: equal "
        "shares. `boundaries: {NAME: SHARE}` sets both",
    )
    boundary_compositions: list[Annotated[str, AfterValidator(composition_name)]] | None = Field(
        None,
        description="compositions whose boundaries are learned and simulated; default: all. The surrogate predicts the "
        "boundaries of the others",
    )
    boundary_width_nm: Width_nm = Field(2.5, description="width to which a boundary's diffusivity refers")
    temperatures_K: Temperatures = Field(description="temperatures of the molecular dynamics")
    grain_sizes_nm: Sizes_nm = Field(description="grain sizes of the polycrystals, equivalent-sphere diameters")
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
    store: StoreUri | None = Field(None, description="folder or URI of the results; default: in the campaign's folder")
    tracking: TrackingUri | None = Field(
        None, description="MLflow tracking URI; default: sqlite in the campaign's folder"
    )
    _found: dict[str, Material] = PrivateAttr(default_factory=dict)  # composition -> material with predicted disorder

    def boundaries_of(self, material: Material) -> list[str]:
        """List the boundaries in which a material is simulated."""
        simulated = self.boundary_compositions
        return self.boundaries if simulated is None or material.composition in simulated else []

    @property
    def predicted(self) -> list[Material]:
        """Materials whose disorder is predicted."""
        return [material for material in self.materials if material.is_predicted and material.can_exchange]

    @property
    def is_screened(self) -> bool:
        """Whether every material has a number for its disorder."""
        return all(material.composition in self._found for material in self.predicted)

    @property
    def screened(self) -> list[Material]:
        """Materials with numbers for their disorder, without repetitions; predicted ones once they are known."""
        known = [self._screened(material) for material in self.materials]
        return list({material.label: material for material in reversed(known) if material is not None}.values())[::-1]

    def _screened(self, material: Material) -> Material | None:
        if not material.is_predicted:
            return material
        return self._found.get(material.composition) if material.can_exchange else material.with_disorder(0.0)

    def with_disorder(self, found: Mapping[str, Material]) -> Campaign:
        """Return the campaign with predicted materials, by composition."""
        campaign = self.model_copy()
        campaign._found = dict(found)
        return campaign
