"""Joining of frames into one run by their numbers or, without numbers, by their positions.

A restart repeats frames. A frame with a known number replaces the earlier copy and all later frames. A frame equal to
the last frame of the previous piece counts once. If the numbers start again, a new piece begins, provided the positions
continue. Gaps are refused. Dropped frames are counted and reported.
"""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame, TornFrame
from argyro.platform.dynamics.trajectories.frame_store import UNKNOWN, FrameStore
from argyro.platform.dynamics.trajectories.motion import Motion, rms_A
from argyro.platform.dynamics.trajectories.sanity import require_sane
from argyro.platform.dynamics.trajectories.trajectory import Note

SAME = 0.05  # share of the usual step up to which two frames are the same, with different rounding
SAME_A = 1e-3  # lower limit of that distance, the fourth decimal of a fractional coordinate
ORDINARY = 2.0  # steps up to this times the usual one continue the run; ab initio pieces stay below 1.15
OFF_GRID_MAX = 0.1  # largest share of frames between the regular ones; above it the spacing differs
SEARCHED = 512  # frames read at once in the search for an overlap


class Joiner:
    """A joiner that takes frames in the order of the files and keeps those of one run.

    Args:
        species: mobile element.
    """

    def __init__(self, species: str):
        self.species, self.counts = species, Counter[str]()
        self.motion: Motion | None = None
        self.store: FrameStore | None = None
        self.interval: float | None = None  # between frame numbers
        self.unit: str = "step"
        self.wrapped: set[bool | None] = set()
        self.time_unit_fs: float | None = None
        self.md_interval_fs: float | None = None
        self._all_species: tuple[str, ...] = ()
        self._first_of_piece = 0  # index of the first frame with the current numbering
        self._usual_A: deque[float] = deque(maxlen=200)
        self._torn: tuple[TornFrame, str] | None = None
        self._torn_count: list[str] = []
        self._file, self._number, self._path = -1, 0, Path()
        self._off_grid = 0

    @property
    def label(self) -> str:
        """The name of the current frame for messages."""
        return f"{self._path}, frame {self._number - 1}"

    def atoms(self, kind: str) -> int:
        """Return the number of atoms of an element."""
        return self._all_species.count(kind)

    def begin_file(self, path: Path) -> None:
        """Begin another file; the next frames belong to it."""
        self._file, self._number, self._path = self._file + 1, 0, path

    def take(self, frame: Frame | TornFrame) -> None:
        """Take the next frame.

        Raises:
            InputError: the atoms change, frames are missing, two runs are joined, or a torn frame is not replaced.
        """
        if isinstance(frame, TornFrame):
            self._torn = frame, f"{self._path}, line {frame.line} ({frame.reason})"
            self._torn_count.append(self._torn[1])
            return
        self._number += 1
        require_sane(frame, self.label)
        self._require_atoms(frame)
        if self.store is None or self.motion is None:
            kinds = len(set(frame.species) - {self.species})
            self.store = FrameStore(frame.species.count(self.species), kinds)
            self.motion = Motion(frame.species, self.species)
        self._check_torn(frame)
        place = self._place(frame) if self.store.count else 0
        if place is not None:
            self._keep(frame, place)

    def notes(self) -> list[Note]:
        """Return notes on joined and dropped frames."""
        words = {
            "repeated": "{} repeated frames count once",
            "overlap": "{} frames written again by a restart were replaced by the later copy",
            "off_grid": "{} frames between the regular steps were left out",
        }
        counts = Counter(self.counts)
        if self._off_grid:
            counts["off_grid"] += self._off_grid
        found = [Note(code, text.format(counts[code])) for code, text in words.items() if counts[code]]
        if self._torn_count:
            found.append(Note("torn", f"incomplete frames were left out: {'; '.join(self._torn_count[:3])}"))
        return found

    def _require_atoms(self, frame: Frame) -> None:
        if self.species not in frame.species:
            found = ", ".join(sorted(set(frame.species)))
            raise InputError(
                f"{self._path} contains {found} but no {self.species}; give --species, or --elements if these elements"
                " are wrong"
            )
        if not self._all_species:
            self._all_species = frame.species
        if frame.species is self._all_species or frame.species == self._all_species:
            return
        if Counter(frame.species) != Counter(self._all_species):
            raise InputError(f"{self.label} has other atoms than the frames before; analyse it as another run")
        raise InputError(f"{self.label} lists its atoms in another order than the frames before; sort them by id")

    def _check_torn(self, frame: Frame) -> None:
        """Refuse an incomplete frame unless the next one is numbered or repeats it."""
        if self._torn is None:
            return
        torn, where = self._torn
        self._torn = None
        if torn.at_end or not self.store or not self.store.count or self._key(frame) is not None:
            return
        rows = min(len(torn.fractional), len(frame.fractional))
        if rows:
            apart = torn.fractional[:rows] - frame.fractional[:rows]
            if rms_A(apart, frame.cell_A) <= max(SAME * self._usual(), SAME_A):
                return
        raise InputError(
            f"{where}: the frame is incomplete, and without frame numbers the next one may not follow it; cut the file"
            " there and give the rest as a second piece"
        )

    def _usual(self) -> float:
        return float(np.median(self._usual_A)) if self._usual_A else 0.0

    def _key(self, frame: Frame) -> float | None:
        """Return the number that orders the frames: the step or, without steps, the time."""
        return float(frame.step) if frame.step is not None else frame.time

    def _last_key(self) -> float | None:
        assert self.store is not None
        record = self.store.read(self.store.count - 1)
        if record["step"] != UNKNOWN:
            return float(record["step"])
        return None if np.isnan(record["time"]) else float(record["time"])

    def _place(self, frame: Frame) -> int | None:
        """Return the index of the frame's record, None to leave the frame out."""
        assert self.store is not None
        count, key, last = self.store.count, self._key(frame), self._last_key()
        self.unit = "time" if frame.step is None and frame.time is not None else "step"
        if key is None or last is None:
            return self._place_by_position(frame)
        difference = key - last
        if difference <= 0:
            return self._place_again(frame, key, last)
        if self._number == 1 and self._repeats_last(frame):  # a new number for the same positions
            self._renumber_last(frame)
            self.counts["repeated"] += 1
            return None
        known = self.interval
        if known is None or self._agrees(difference, known):
            self._set_interval(difference)
            return count
        if count - self._first_of_piece == 1 and self._first_of_piece:
            raise InputError(
                f"{self.label}: frames are {difference:g} {self.unit}s apart, {known:g} in the piece before; analyse"
                " the pieces separately, or thin one of them"
            )
        if difference < known:
            self._off_grid += 1
            if self._off_grid > max(3, OFF_GRID_MAX * count):
                raise self._gap(key, last, known)
            return None
        if count == 2 and self._first_of_piece == 0:
            self.store.drop_first()  # LAMMPS always writes the first step of a run
            self._off_grid += 1
            self.interval = difference
            return 1
        raise self._gap(key, last, known)

    def _agrees(self, difference: float, interval: float) -> bool:
        return abs(difference - interval) <= (0.0 if self.unit == "step" else 0.02 * interval)

    def _set_interval(self, difference: float) -> None:
        if self.interval is None:
            self.interval = difference

    def _gap(self, key: float, last: float, interval: float) -> InputError:
        return InputError(
            f"{self.label} lacks a time step: {self.unit} {last:g} is followed by {key:g}, the frames before are"
            f" {interval:g} apart; give the missing frames, or analyse the parts separately"
        )

    def _repeats_last(self, frame: Frame) -> bool:
        assert self.motion is not None
        return self.motion.distance_A(frame) <= max(SAME * self._usual(), SAME_A)

    def _goes_on(self, frame: Frame, mobile: np.ndarray) -> bool:
        assert self.motion is not None
        usual = self._usual()
        return not usual or self.motion.distance_A(frame, mobile) <= ORDINARY * usual

    def _place_by_position(self, frame: Frame) -> int | None:
        """Place a frame without a number; a repeated frame counts once, an overlap of files is removed."""
        assert self.store is not None and self.motion is not None
        count = self.store.count
        if np.array_equal(frame.fractional, self.motion.last) or (self._number == 1 and self._repeats_last(frame)):
            self.counts["repeated"] += 1
            return None
        if self._number == 1:
            return self._new_piece(frame)
        return count

    def _new_piece(self, frame: Frame) -> int:
        """Begin a piece whose numbers start again, or without numbers."""
        assert self.store is not None
        count = self.store.count
        place = count
        if not self._goes_on(frame, self.store.read(count - 1)["ions"]):
            found = self._find(frame)
            if found is not None:
                self.counts["overlap"] += count - found
                place = found
        self._first_of_piece = place
        return place

    def _find(self, frame: Frame) -> int | None:
        """Find a kept frame with the same positions, latest first."""
        assert self.store is not None and self.motion is not None
        mobile, limit = frame.fractional[self.motion.mobile], max(SAME * self._usual(), SAME_A)
        for stop in range(self.store.count, 0, -SEARCHED):
            start = max(0, stop - SEARCHED)
            apart = self.store.read_many(start, stop)["ions"] - mobile
            apart -= np.round(apart)
            squares = ((apart @ frame.cell_A) ** 2).sum(axis=-1).mean(axis=-1)
            if np.sqrt(squares.min()) <= limit:
                return start + int(squares.argmin())
        return None

    def _place_again(self, frame: Frame, key: float, last: float) -> int | None:
        """Place a frame whose number is not above the last: a restart, or numbers that start again."""
        assert self.store is not None and self.motion is not None
        count, usual = self.store.count, self._usual()
        earlier = self._index_of(key)
        if earlier is not None:
            kept = self.store.read(earlier)["ions"]
            distance_A = self.motion.distance_A(frame, kept)
            middle = earlier > self._first_of_piece
            before = self.store.read(earlier - 1)["ions"] if middle else kept
            if distance_A <= max(SAME * usual, SAME_A) or (middle and self._goes_on(frame, before)):
                return self._rewind(earlier)
        if self._repeats_last(frame):
            self._first_of_piece = count - 1
            self._renumber_last(frame)
            self.counts["repeated"] += 1
            return None
        if self._goes_on(frame, self.store.read(count - 1)["ions"]) or self._number == 1:
            return self._new_piece(frame)
        moved_A = self.motion.distance_A(frame, self.store.read(count - 1)["ions"])
        raise InputError(
            f"{self.label}: the {self.unit} decreases from {last:g} to {key:g}, and the mobile atoms move"
            f" {moved_A:.2f} Å there, {usual:.2f} Å otherwise: the file contains two runs; analyse them separately"
        )

    def _renumber_last(self, frame: Frame) -> None:
        """Set the number of the last record to that of the frame that repeats it."""
        assert self.store is not None
        record = self.store.read(self.store.count - 1).copy()
        record["step"] = UNKNOWN if frame.step is None else frame.step
        record["time"] = np.nan if frame.time is None else frame.time
        record["begins"] = True
        self.store.cut(self.store.count - 1)
        self.store.append(record)

    def _index_of(self, key: float) -> int | None:
        """Return the index of the kept frame with a number in the current piece."""
        assert self.store is not None
        first = self.store.read(self._first_of_piece)
        start = float(first["step"]) if first["step"] != UNKNOWN else float(first["time"])
        if self.interval is None:
            return self.store.count - 1 if key == self._last_key() else None
        place = (key - start) / self.interval
        index = self._first_of_piece + round(place)
        near = abs(place - round(place)) <= 0.02
        return index if near and self._first_of_piece <= index < self.store.count else None

    def _rewind(self, index: int) -> int:
        """Remove the kept frames from an index on, so that later copies replace them."""
        assert self.store is not None
        again = self.store.count - index
        self.counts["repeated" if again == 1 else "overlap"] += again
        return index

    def _keep(self, frame: Frame, place: int) -> None:
        assert self.store is not None and self.motion is not None
        before = None
        if place < self.store.count:
            before = self.store.read(place - 1)["ions"].astype(float) if place else None
            self.store.cut(place)
        fields = self.motion.follow(frame, before, self.label)
        record = np.zeros((), dtype=self.store.type)
        for name, value in fields.items():
            record[name] = value
        record["step"] = UNKNOWN if frame.step is None else frame.step
        record["time"] = np.nan if frame.time is None else frame.time
        record["temperature_K"] = np.nan if frame.temperature_K is None else frame.temperature_K
        record["file"], record["number"], record["cell_A"] = self._file, self._number - 1, frame.cell_A
        if place == 0:
            record["mobile_step_A"] = record["mobile_rms_A"] = record["framework_step_A"] = np.nan
        record["begins"] = place > 0 and (self._number == 1 or place == self._first_of_piece)
        record["ions"] = frame.fractional[self.motion.mobile]
        if not np.isnan(record["mobile_rms_A"]):
            self._usual_A.append(float(record["mobile_rms_A"]))
        self.store.append(record)
        self.wrapped.add(frame.wrapped)
        self.time_unit_fs = frame.time_unit_fs or self.time_unit_fs
        self.md_interval_fs = frame.md_interval_fs or self.md_interval_fs
