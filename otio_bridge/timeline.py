"""The one room that touches OpenTimelineIO: reading and replacing timeline files.

`timeline_slots` lists what is on a timeline, `timeline_edits` changes it. A `Cut` is a timeline
that was just read and belongs to whoever read it: edits change it in place, because copying a
10,000-clip tree costs as much as reading it again. Nothing reaches the disk before `write_cut`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_bridge.clock import exact_rate
from otio_bridge.errors import TimelineChanged, TimelineError
from otio_bridge.files import replacing, telling

SCHEMAS = {"Clip": 2, "Marker": 2}
"""Versions that released OpenTimelineIO and Resolve read (facts/resolve.md section 11)."""
NATIVE_SUFFIX = ".otio"
METADATA = "otio_bridge"
METADATA_VERSION = 1
INTERCHANGE = {".edl": "cmx_3600", ".xml": "fcp_xml", ".fcpxml": "fcpx_xml", ".aaf": "AAF"}
"""Formats of the extra `[interchange]` and their adapters' names."""
PLAUSIBLE_RATES = range(1, 241)
"""Frames per second; sample rates such as 48000 are no frame rate."""

NAMED = 5
"""How many timelines of a collection a message names."""


@lru_cache(maxsize=256)
def cached_rate(rate: float | str) -> Fraction:
    """Return the exact rate meant by a number of the timeline.

    Raises:
        TimelineError: It is no rate.
    """
    try:
        return exact_rate(rate)
    except (ValueError, OverflowError):
        raise TimelineError(
            f"The timeline counts something at {rate} frames per second, which is no rate; export "
            "it again."
        ) from None


@dataclass
class Cut:
    """A timeline in memory, the file it came from and the rate it plays at."""

    path: Path
    timeline: otio.schema.Timeline
    rate: Fraction
    """Frames per second of the record side."""
    state: str
    """State of the file as it was read, see `file_state`."""

    @property
    def home(self) -> Path:
        """Where the timeline is written without `--out`: beside its source, as NAME.otio."""
        return self.path if self.path.suffix == NATIVE_SUFFIX else self.path.with_suffix(".otio")

    @cached_property
    def start(self) -> int:
        """Frame count of the global start time, 0 where there is none."""
        start = self.timeline.global_start_time
        return 0 if start is None else round(seconds_of_time(start) * self.rate)


def read_cut(path: Path, rate: float | None = None) -> Cut:
    """Read any timeline that OpenTimelineIO or one of its adapters can read.

    Args:
        path: An .otio file, or with the extra `[interchange]` EDL, FCP 7 XML, FCPXML or AAF.
        rate: Frames per second for formats that do not say, such as EDL.

    Raises:
        TimelineError: The file is missing, broken, of a newer schema, or holds no timeline.
    """
    path = Path(path).absolute()
    if rate is not None and round(rate) not in PLAUSIBLE_RATES:
        raise TimelineError(f"{rate:g} is no frame rate; give --rate as 24, 25 or 29.97.")
    state = file_state(path)
    timeline = _single_timeline(_read_any(path, rate), path)
    return Cut(path, timeline, exact_rate(rate) if rate else timeline_rate(timeline), state)


def file_state(path: Path) -> str:
    """Return what tells two states of a file apart: its size, time of change and place on the disk.

    Raises:
        TimelineError: There is no readable file, or nothing in it.
    """
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise TimelineError(f"There is no timeline at {path}; check the path.") from None
    except IsADirectoryError:
        raise TimelineError(f"{path} is a folder; name a timeline file inside it.") from None
    except OSError as error:
        raise TimelineError(
            f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        ) from None
    if found.st_size == 0:
        raise TimelineError(f"{path} is empty; export the timeline again.")
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"


def timeline_rate(timeline: otio.schema.Timeline) -> Fraction:
    """Return the record side's rate: the global start time's, else the first clip's, else 24."""
    start = timeline.global_start_time
    if start is not None and round(start.rate) in PLAUSIBLE_RATES:
        return cached_rate(start.rate)
    for item in _items_below(timeline.tracks):
        rate = _own_rate(item)
        if rate is not None and round(rate) in PLAUSIBLE_RATES:
            return cached_rate(rate)
    return Fraction(24)


def write_cut(cut: Cut, out: Path | None = None, before: Callable[[Path], object] = id) -> Path:
    """Write a timeline, replacing its file in one step: readers see the old one or the new one.

    Args:
        cut: The timeline.
        out: Another file to write instead of the cut's own.
        before: Called with a file that is about to be replaced, to keep its version.

    Returns:
        The file that was written.

    Raises:
        TimelineChanged: The file was changed by somebody else since it was read.
        ProjectError: The folder or disk does not take it; the old file is kept.
    """
    target = target_of(cut, out)
    if target.exists():
        before(target)
    with telling(target), replacing(target) as partial:
        # OpenTimelineIO's own writer says nothing when the disk is full, and takes longer.
        partial.write_bytes(timeline_text(cut.timeline).encode())
        _keep_mode(target, partial)
    return target


def target_of(cut: Cut, out: Path | None) -> Path:
    """Return the file that a cut would be written to.

    Raises:
        TimelineChanged: The file was changed by somebody else since it was read.
        TimelineError: The name is none of a timeline, or another timeline lies there.
    """
    target = Path(out).absolute() if out is not None else cut.home
    if target.suffix != NATIVE_SUFFIX:
        raise TimelineError(f"{target.name} cannot be written; give --out a name ending in .otio.")
    if target.exists():
        _guard_replacement(cut, target, given=out is not None)
    return target


def _keep_mode(target: Path, partial: Path) -> None:
    if target.exists():
        partial.chmod(target.stat().st_mode & 0o777)


def timeline_text(timeline: otio.schema.Timeline) -> str:
    """Return a timeline as OTIO JSON, in schema versions that released readers know."""
    text = otio.adapters.write_to_string(timeline, "otio_json", target_schema_versions=SCHEMAS)
    return str(text)


def seconds_of_time(time: otio.opentime.RationalTime) -> Fraction:
    """Return a time in exact seconds, NTSC rates taken as n*1000/1001.

    Raises:
        TimelineError: The time is not a number.
    """
    return exact_number(time.value) / cached_rate(time.rate)


def exact_number(value: float) -> Fraction:
    """Return a number of the timeline exactly.

    Raises:
        TimelineError: It is infinite or no number.
    """
    try:
        return Fraction(value)
    except (ValueError, OverflowError):
        raise TimelineError(
            f"A time of the timeline is {value}, which is no time; export the timeline again."
        ) from None


def plain(value: Any) -> Any:
    """Return metadata as plain dicts, lists and scalars, detached from the timeline."""
    if isinstance(value, otio.core.SerializableObject):
        return value
    if hasattr(value, "items"):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return [plain(entry) for entry in value] if hasattr(value, "__iter__") else value


def has_ours(thing: Any) -> bool:
    """Say whether otio-bridge wrote on an object.

    Looks at exactly as many keys as there are: a failed look-up, or running off the end of the
    keys, raises through C++ and costs 30 microseconds, which is most of the time of a listing.
    """
    metadata = thing.metadata
    return METADATA in islice(metadata, len(metadata))


def our_metadata(thing: Any) -> dict[str, Any]:
    """Return what otio-bridge wrote on an object, as plain data; {} where there is nothing."""
    found = thing.metadata[METADATA] if has_ours(thing) else None
    return plain(found) if hasattr(found, "items") else {}


def _read_any(path: Path, rate: float | None) -> Any:
    adapter = INTERCHANGE.get(path.suffix.lower())
    if adapter is not None and adapter not in otio.adapters.available_adapter_names():
        raise TimelineError(
            f"{path.name} needs OpenTimelineIO's {adapter} adapter; install it with "
            "pip install 'otio-bridge[interchange]'."
        )
    options = {"rate": float(rate)} if rate and adapter == "cmx_3600" else {}
    try:
        return otio.adapters.read_from_file(str(path), **options)
    except Exception as error:  # adapters raise whatever their parsers raise
        raise TimelineError(_reading_failed(path, error)) from error


def _reading_failed(path: Path, error: Exception) -> str:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    if isinstance(error, otio.exceptions.UnsupportedSchemaError):
        return (
            f"{path} was written by a newer OpenTimelineIO ({said}); export it for version "
            f"{otio.__version__} or update otio-bridge."
        )
    if isinstance(error, otio.exceptions.NoKnownAdapterForExtensionError):
        return f"{path} is no timeline that can be read; give an .otio, .edl, .xml or .fcpxml file."
    if path.suffix.lower() == ".edl" and not isinstance(error, UnicodeError):
        return f"{path} could not be read as an EDL ({said}); if its rate is not 24, give --rate."
    return f"{path} is broken or no timeline ({said}); export it again."


def _single_timeline(read: Any, path: Path) -> otio.schema.Timeline:
    if isinstance(read, otio.schema.Timeline):
        if read.tracks is None:
            raise TimelineError(f"{path} holds a timeline without tracks; export it again.")
        return read
    if isinstance(read, otio.schema.SerializableCollection):
        found = list(read.find_children(descended_from_type=otio.schema.Timeline))
        if len(found) == 1:
            return found[0].clone()
        names = ", ".join(f"'{timeline.name}'" for timeline in found[:NAMED]) or "none"
        names += ", ..." if len(found) > NAMED else ""
        raise TimelineError(
            f"{path} must hold one timeline but holds {len(found)} ({names}); export one of them."
        )
    raise TimelineError(
        f"{path} holds no timeline (found: {type(read).__name__}); export the whole timeline."
    )


def _items_below(parent: Any) -> Iterator[Any]:
    """Yield items in order, one at a time: the first that says its rate ends the search."""
    for child in parent:
        if isinstance(child, otio.core.Composition):
            yield from _items_below(child)
        elif isinstance(child, otio.core.Item):
            yield child


def _own_rate(item: otio.core.Item) -> float | None:
    if item.source_range is not None:
        return float(item.source_range.duration.rate)
    reference = item.media_reference if isinstance(item, otio.schema.Clip) else None
    if reference is not None and reference.available_range is not None:
        return float(reference.available_range.duration.rate)
    return None


def _guard_replacement(cut: Cut, target: Path, *, given: bool) -> None:
    if target == cut.path:
        if file_state(target) != cut.state:
            raise TimelineChanged(
                f"{target.name} was changed by another program after it was read, so it was not "
                "replaced; run the command again."
            )
    elif not given:
        raise TimelineError(
            f"{target.name} exists already beside {cut.path.name}; work on {target.name}, "
            "or name another file with --out."
        )
