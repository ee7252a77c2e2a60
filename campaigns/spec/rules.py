"""Rules that tie several settings of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path

from argyro.campaigns.spec.boundary_share import MAX_BOUNDARY_SHARE, boundary_shares
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.mistakes import Mistake
from argyro.campaigns.spec.schema import Campaign, Potential
from argyro.platform.common.errors import InputError

# Impossible sizes are refused before anything is built or counted.
MAX_ATOMS = 10_000_000
MAX_UNITS = MAX_ATOMS // 13
MAX_RUNS = 100_000
LARGEST_DEVIATION, ANY_DEVIATION = 0.05, 10.0  # of an amount per formula unit in a cell
MAX_FRAMES = 1_000_000
ATOMS_PER_CELL = 52
MIN_WIDTHS_PER_GRAIN = 2.0
MIN_FRAMES = 50  # of a diffusivity, see dynamics/trajectories/concatenate.py

Rule = Callable[[Campaign], Iterator[Mistake]]


def broken_rules(campaign: Campaign, wrong: set[str]) -> list[Mistake]:
    """List the mistakes in valid sections that do not go together.

    Args:
        campaign: with defaults in place of the sections with mistakes of their own.
        wrong: names of these sections; rules that read one are left out.
    """
    return [mistake for rule, sections in RULES.items() if not wrong & set(sections) for mistake in rule(campaign)]


def _grains_above_width(campaign: Campaign) -> Iterator[Mistake]:
    least_nm = MIN_WIDTHS_PER_GRAIN * campaign.boundary_width_nm
    for index, size_nm in enumerate(campaign.grain_sizes_nm):
        if size_nm < least_nm:
            message = (
                f"grain size {size_nm:g} nm is below {MIN_WIDTHS_PER_GRAIN:g} boundary widths of "
                f"{campaign.boundary_width_nm:g} nm; write at least {least_nm:g} or lower boundary_width_nm"
            )
            yield Mistake(f"grain_sizes_nm[{index}]", size_nm, f">= {least_nm:g}", message)


def _grain_left_in_cells(campaign: Campaign) -> Iterator[Mistake]:
    """A cell that is nearly all boundary says nothing about the boundary's own diffusivity."""
    fullest = max(boundary_shares(campaign).items(), key=lambda item: item[1], default=None)
    if fullest is None or fullest[1] <= MAX_BOUNDARY_SHARE:
        return
    sizes, width_nm = campaign.structures, campaign.boundary_width_nm
    least_nm = ceil(10 * width_nm / MAX_BOUNDARY_SHARE - 1e-9) / 10
    thickness_nm = width_nm / fullest[1]
    message = (
        f"{width_nm:g} nm of boundary in each {thickness_nm:.3g} nm of the cell with {fullest[0]} are a share of "
        f"{fullest[1]:.2f}, above {MAX_BOUNDARY_SHARE:g}; write at least {least_nm:g}, or lower boundary_width_nm to "
        f"{MAX_BOUNDARY_SHARE * thickness_nm:.2g}"
    )
    yield Mistake("structures.min_grain_thickness_nm", sizes.min_grain_thickness_nm, f">= {least_nm:g}", message)


def _whole_population(campaign: Campaign) -> Iterator[Mistake]:
    shares = campaign.boundary_shares
    if not shares:
        return
    total = sum(shares.values())
    if set(shares) != set(campaign.boundaries) or abs(total - 1) > 1e-3:
        message = (
            f"names {', '.join(shares)} with shares that add up to {total:g}; give each of "
            f"{', '.join(campaign.boundaries) or 'no boundaries'} a share, in all 1"
        )
        yield Mistake("boundary_shares", shares, "a share for each boundary, in all 1", message)


def _boundaries_of_materials(campaign: Campaign) -> Iterator[Mistake]:
    known = sorted({material.composition for material in campaign.materials})
    for index, composition in enumerate(campaign.boundary_compositions or []):
        if composition not in known:
            message = f"{composition} is none of the materials; write some of {', '.join(known)}"
            yield Mistake(f"boundary_compositions[{index}]", composition, "a composition of materials", message)
    if campaign.boundaries and campaign.boundary_compositions == []:
        message = "no boundary is simulated; name compositions, or remove boundaries"
        yield Mistake("boundary_compositions", [], "a composition of materials", message)


def _distinct_materials(campaign: Campaign) -> Iterator[Mistake]:
    """Names of work items hold the label, so labels must differ."""
    first: dict[str, int] = {}
    for index, material in enumerate(campaign.materials):
        if material.label in first:
            message = f"is the same material as materials[{first[material.label]}], {material.label}; keep one"
            yield Mistake(f"materials[{index}]", material.label, "distinct materials", message)
        first.setdefault(material.label, index)


def _possible_cells(campaign: Campaign) -> Iterator[Mistake]:
    for name in ("supercell", "learning_supercell"):
        x, y, z = getattr(campaign.structures, name)
        if ATOMS_PER_CELL * x * y * z > MAX_ATOMS:
            message = f"holds {ATOMS_PER_CELL * x * y * z:.2g} atoms; at most {MAX_ATOMS:.0e} are possible"
            yield Mistake(f"structures.{name}", [x, y, z], f"at most {MAX_ATOMS:.0e} atoms", message)


def _fitting_cells(campaign: Campaign) -> Iterator[Mistake]:
    """Cells must hold every element: in MD close to its amount, elsewhere at least one atom."""
    sizes, asked = campaign.structures, campaign.disorder
    yield from _misfits("structures.supercell", sizes.supercell, campaign.materials, LARGEST_DEVIATION)
    yield from _misfits("structures.learning_supercell", sizes.learning_supercell, campaign.materials, ANY_DEVIATION)
    yield from _misfits("disorder.supercell", asked.supercell, campaign.predicted, ANY_DEVIATION)


def _misfits(
    setting: str, supercell: tuple[int, int, int], materials: Sequence[Material], deviation: float
) -> Iterator[Mistake]:
    """Name the first material that does not fit a cell, with a cell that holds all of them."""
    from argyro.platform.structures.crystal.composition import Composition
    from argyro.platform.structures.crystal.site_occupancy import fitting_supercell, misfit, units_of

    if units_of(supercell) > MAX_UNITS:
        return  # another rule refuses it
    parsed = [Composition.parse(material.composition) for material in materials if material.composition]
    wrong = next((one for one in parsed if misfit(one, units_of(supercell), deviation)), None)
    if wrong is None:
        return
    larger = supercell
    while tight := next((one for one in parsed if misfit(one, units_of(larger), deviation)), None):
        larger = fitting_supercell(tight, larger, deviation)
    words = misfit(wrong, units_of(supercell), deviation)
    message = f"{list(supercell)} cannot hold {wrong.formula}: {words}; write {list(larger)}"
    yield Mistake(setting, list(supercell), str(list(larger)), message)


def _possible_runs(campaign: Campaign) -> Iterator[Mistake]:
    lengths = campaign.acquisition.lengths_ps if campaign.acquisition else []
    cells = len(campaign.materials) * (1 + len(campaign.boundaries))
    runs = cells * len(campaign.temperatures_K) * campaign.md.realisations * max(1, len(lengths))
    if runs > MAX_RUNS:
        message = f"the campaign has {runs} MD runs, more than {MAX_RUNS}; lower md.realisations or shorten its lists"
        yield Mistake("md.realisations", campaign.md.realisations, f"at most {MAX_RUNS} runs", message)


def _enough_frames(campaign: Campaign) -> Iterator[Mistake]:
    md, acquisition = campaign.md, campaign.acquisition
    places = {"md.production_ps": md.production_ps}
    if acquisition is not None and acquisition.lengths_ps:
        places = {f"acquisition.lengths_ps[{i}]": length for i, length in enumerate(acquisition.lengths_ps)}
    if md.until is not None:
        places["md.until.max_ps"] = md.until.max_ps
    for path, length_ps in places.items():
        frames = 1e3 * length_ps / md.frame_every_fs
        if not MIN_FRAMES <= round(frames, 6) <= MAX_FRAMES:
            message = (
                f"{length_ps:g} ps with a frame every {md.frame_every_fs:g} fs are {frames:.4g} frames; a diffusivity "
                f"needs {MIN_FRAMES} to {MAX_FRAMES}, change md.frame_every_fs or the length"
            )
            yield Mistake(path, length_ps, f"{MIN_FRAMES} to {MAX_FRAMES} frames", message)


def _budget_above_first_length(campaign: Campaign) -> Iterator[Mistake]:
    md, acquisition = campaign.md, campaign.acquisition
    longest_ps = max([md.production_ps, *(acquisition.lengths_ps if acquisition else [])])
    if md.until is not None and md.until.max_ps <= longest_ps:
        message = f"{md.until.max_ps:g} ps do not lengthen a run of {longest_ps:g} ps; raise it or remove md.until"
        yield Mistake("md.until.max_ps", md.until.max_ps, f"> {longest_ps:g}", message)


def _whole_frame_steps(campaign: Campaign) -> Iterator[Mistake]:
    md = campaign.md
    steps = md.frame_every_fs / md.timestep_fs
    if round(steps) < 1 or abs(steps - round(steps)) > 1e-6:
        message = (
            f"a frame every {md.frame_every_fs:g} fs is not a multiple of the time step of {md.timestep_fs:g} fs; "
            f"write {max(1, round(steps)) * md.timestep_fs:g}"
        )
        yield Mistake("md.frame_every_fs", md.frame_every_fs, f"a multiple of {md.timestep_fs:g}", message)


def _members_within_realisations(campaign: Campaign) -> Iterator[Mistake]:
    """Realisations of the MD use the potentials in turn; a number above the default is a wish, the default a limit."""
    members, realisations = campaign.potential.ensemble, campaign.md.realisations
    if members > max(realisations, Potential.model_fields["ensemble"].default):
        message = f"{members} potentials need {members} realisations of the MD or more; raise md.realisations"
        yield Mistake("potential.ensemble", members, f"<= {realisations}", message)


def _quench_below_synthesis(campaign: Campaign) -> Iterator[Mistake]:
    asked = campaign.disorder
    if asked.temperature_K > asked.synthesis_temperature_K:
        limit = f"{asked.synthesis_temperature_K:g}"
        message = f"anions freeze on cooling; write at most the synthesis temperature of {limit} K"
        yield Mistake("disorder.quench_temperature_K", asked.quench_temperature_K, f"<= {limit}", message)


def _enough_arrangements(campaign: Campaign) -> Iterator[Mistake]:
    """A mixture has more unknown energies than one halide."""
    from argyro.platform.structures.crystal.composition import CHALCOGENS, HALIDES, Composition

    asked = campaign.disorder
    for material in campaign.predicted:
        elements = set(Composition.parse(material.composition).elements)
        terms = 2 + len(elements & set(HALIDES)) + (elements >= set(CHALCOGENS))
        least = ceil((terms + 1) / len(asked.fractions))
        if asked.realisations < least:
            message = f"{material.composition} needs more than {terms} cells for its disorder; write {least}"
            yield Mistake("disorder.realisations", asked.realisations, f">= {least}", message)
            return


def _candidates_to_rank(campaign: Campaign) -> Iterator[Mistake]:
    candidates = len(campaign.materials) * max(1, len(campaign.boundaries))
    if campaign.acquisition is not None and candidates == 1:
        message = "there is a single candidate and so no ranking; add materials or boundaries"
        yield Mistake("acquisition", candidates, ">= 2 candidates", message)


def _usable_reference(campaign: Campaign) -> Iterator[Mistake]:
    """A factory goes with `ase` only, a teacher with `mace` only; a mace foundation needs its model file."""
    from argyro.campaigns.spec.label_source import reference

    labels = campaign.labels
    try:
        reference(labels.model_dump(mode="json"))
    except InputError as error:
        place = "labels.teacher.factory" if labels.teacher else "labels.factory"
        yield Mistake(place, (labels.teacher or labels).factory, error.accepted, str(error))
    if labels.teacher is not None and labels.source != "mace":
        message = "a teacher is a MACE model: write source: mace; the expensive reference is teacher.train_on"
        yield Mistake("labels.source", labels.source, "mace", message)


def _foundation_with_model(campaign: Campaign) -> Iterator[Mistake]:
    foundation = campaign.surrogate.foundation
    if foundation is not None and foundation.source == "mace" and foundation.model is None:
        message = "is missing; give the path of a MACE model file"
        yield Mistake("surrogate.foundation.model", None, "a model file", message)


def _known_labels(campaign: Campaign) -> Iterator[Mistake]:
    """Known labels are input data of the campaign, so their files must be there."""
    from argyro.platform.learning.existing_labels import read_known

    labels = campaign.labels
    if labels.known and labels.teacher is not None:
        message = "a teacher takes its own labels; remove known or the teacher"
        yield Mistake("labels.known", labels.known, "no known labels with a teacher", message)
        return
    for index, path in enumerate(labels.known):
        place = f"labels.known[{index}]"
        if not Path(path).is_file():
            yield Mistake(place, path, "a file of labelled frames", f"the file {path!r} does not exist")
            continue
        try:
            read_known([path])
        except Exception as error:  # readers of ASE raise any exception on a damaged file
            message = str(error) if isinstance(error, InputError) else f"{path!r} cannot be read as labelled frames"
            yield Mistake(place, path, "extended xyz with energy and forces", message)


RULES: dict[Rule, tuple[str, ...]] = {
    _grains_above_width: ("grain_sizes_nm", "boundary_width_nm"),
    _grain_left_in_cells: ("materials", "boundaries", "boundary_width_nm", "structures"),
    _whole_population: ("boundaries", "boundary_shares"),
    _boundaries_of_materials: ("materials", "boundaries", "boundary_compositions"),
    _distinct_materials: ("materials",),
    _possible_cells: ("structures",),
    _fitting_cells: ("materials", "structures", "disorder"),
    _possible_runs: ("materials", "boundaries", "temperatures_K", "md", "acquisition"),
    _enough_frames: ("md", "acquisition"),
    _budget_above_first_length: ("md", "acquisition"),
    _whole_frame_steps: ("md",),
    _members_within_realisations: ("potential", "md"),
    _quench_below_synthesis: ("disorder",),
    _enough_arrangements: ("materials", "disorder"),
    _candidates_to_rank: ("materials", "boundaries", "acquisition"),
    _usable_reference: ("labels",),
    _foundation_with_model: ("surrogate",),
    _known_labels: ("labels",),
}
