"""The one room that touches OpenTimelineIO: reading and replacing timeline files.

`timeline_slots` lists what is on a timeline, `timeline_edits` changes it. A `Cut` is a timeline
that was just read and belongs to whoever read it: edits change it in place, because copying a
10,000-clip tree costs as much as reading it again. Nothing reaches the disk before `write_cut`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_bridge.clock import exact_rate
from otio_bridge.errors import TimelineChanged, TimelineError

SCHEMAS = {"Clip": 2, "Marker": 2}
"""Versions that released OpenTimelineIO and Resolve read (facts/resolve.md section 11)."""
NATIVE_SUFFIX = ".otio"
VERSIONS_KEPT = 20
METADATA = "otio_bridge"
METADATA_VERSION = 1
INTERCHANGE = {".edl": "cmx_3600", ".xml": "fcp_xml", ".fcpxml": "fcpx_xml", ".aaf": "AAF"}
"""Formats of the extra `[interchange]` and their adapters' names."""
PLAUSIBLE_RATES = range(1, 241)
"""Frames per second; sample rates such as 48000 are no frame rate."""

cached_rate = lru_cache(maxsize=256)(exact_rate)


@dataclass
class Cut:
    """A timeline in memory, the file it came from and the rate it plays at."""

    path: Path
    timeline: otio.schema.Timeline
    rate: Fraction
    """Frames per second of the record side."""
    digest: str
    """SHA-256 of the file as it was read."""

    @property
    def home(self) -> Path:
        """Where the timeline is written without `--out`: beside its source, as NAME.otio."""
        return self.path if self.path.suffix == NATIVE_SUFFIX else self.path.with_suffix(".otio")

    @property
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
    digest = file_digest(path)
    timeline = _single_timeline(_read_any(path, rate), path)
    return Cut(path, timeline, exact_rate(rate) if rate else timeline_rate(timeline), digest)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a timeline file.

    Raises:
        TimelineError: There is no readable file.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise TimelineError(f"There is no timeline at {path}; check the path.") from None
    except IsADirectoryError:
        raise TimelineError(f"{path} is a folder; name a timeline file inside it.") from None
    except OSError as error:
        raise TimelineError(f"{path} cannot be read ({error.strerror}).") from None


def timeline_rate(timeline: otio.schema.Timeline) -> Fraction:
    """Return the record side's rate: the global start time's, else the first clip's, else 24."""
    start = timeline.global_start_time
    if start is not None and round(start.rate) in PLAUSIBLE_RATES:
        return cached_rate(start.rate)
    for item in timeline.tracks.find_children(descended_from_type=otio.core.Item):
        rate = _own_rate(item)
        if rate is not None and round(rate) in PLAUSIBLE_RATES:
            return cached_rate(rate)
    return Fraction(24)


def write_cut(cut: Cut, out: Path | None = None, versions: Path | None = None) -> Path:
    """Write a timeline, replacing its file in one step.

    Args:
        cut: The timeline.
        out: Another file to write instead of the cut's own.
        versions: Folder that keeps the last 20 versions of a replaced file, for `undo`.

    Returns:
        The file that was written.

    Raises:
        TimelineChanged: The file was changed by somebody else since it was read.
        TimelineError: The folder or disk does not take it; the old file is kept.
    """
    target = Path(out).absolute() if out is not None else cut.home
    if target.suffix != NATIVE_SUFFIX:
        raise TimelineError(f"{target.name} cannot be written; give --out a name ending in .otio.")
    if target.exists():
        _guard_replacement(cut, target, given=out is not None)
        if versions is not None:
            keep_version(target, versions)
    replace_text(target, timeline_text(cut.timeline))
    cut.path, cut.digest = target, file_digest(target)
    return target


def timeline_text(timeline: otio.schema.Timeline) -> str:
    """Return a timeline as OTIO JSON, in schema versions that released readers know."""
    text = otio.adapters.write_to_string(timeline, "otio_json", target_schema_versions=SCHEMAS)
    return str(text)


def replace_text(target: Path, text: str) -> None:
    """Write a file atomically: a reader sees the old one or the new one, whole.

    Raises:
        TimelineError: The folder or disk does not take it; the old file is kept.
    """
    temporary = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o644)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise TimelineError(
            f"{target} could not be written ({error.strerror}); free the disk or the folder's "
            "permissions, or name another place with --out."
        ) from None


def keep_version(target: Path, versions: Path) -> Path:
    """Copy a file into its folder of versions and forget all but the last 20."""
    try:
        versions.mkdir(parents=True, exist_ok=True)
        kept = kept_versions(versions)
        number = int(kept[-1].stem) + 1 if kept else 1
        copy = versions / f"{number:06}{NATIVE_SUFFIX}"
        shutil.copyfile(target, copy)
        for old in kept[: len(kept) + 1 - VERSIONS_KEPT]:
            old.unlink(missing_ok=True)
        return copy
    except OSError as error:
        raise TimelineError(
            f"The last version of {target.name} could not be kept in {versions} "
            f"({error.strerror}), so nothing was written; free the disk or the folder."
        ) from None


def kept_versions(versions: Path) -> list[Path]:
    """List the kept versions of a timeline, oldest first."""
    return sorted(file for file in versions.glob(f"*{NATIVE_SUFFIX}") if file.stem.isdigit())


def undo_write(target: Path, versions: Path) -> Path:
    """Put the version before the last write back in place of a timeline file.

    Raises:
        TimelineError: No earlier version is kept.
    """
    kept = kept_versions(versions)
    if not kept:
        raise TimelineError(f"No earlier version of {target.name} is kept, so nothing was undone.")
    replace_text(target, kept[-1].read_text(encoding="utf-8"))
    kept[-1].unlink()
    return target


def seconds_of_time(time: otio.opentime.RationalTime) -> Fraction:
    """Return a time in exact seconds, NTSC rates taken as n*1000/1001."""
    return Fraction(time.value) / cached_rate(time.rate)


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
    keys = iter(metadata)
    return any(next(keys) == METADATA for _ in range(len(metadata)))


def our_metadata(thing: Any) -> dict[str, Any]:
    """Return what otio-bridge wrote on an object, as plain data; {} where there is nothing."""
    found = thing.metadata[METADATA] if has_ours(thing) else None
    return plain(found) if hasattr(found, "items") else {}


def tracks_of(timeline: otio.schema.Timeline) -> Iterator[otio.schema.Track]:
    """Yield the timeline's own tracks; stray clips in the stack are left alone."""
    return (track for track in timeline.tracks if isinstance(track, otio.schema.Track))


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
    if path.stat().st_size == 0:
        return f"{path} is empty; export the timeline again."
    if isinstance(error, otio.exceptions.UnsupportedSchemaError):
        return (
            f"{path} was written by a newer OpenTimelineIO ({said}); export it for version "
            f"{otio.__version__} or update otio-bridge."
        )
    if isinstance(error, otio.exceptions.NoKnownAdapterForExtensionError):
        return f"{path} is no timeline that can be read; give an .otio, .edl, .xml or .fcpxml file."
    if path.suffix.lower() == ".edl":
        return f"{path} could not be read as an EDL ({said}); if its rate is not 24, give --rate."
    return f"{path} is broken or no timeline ({said}); export it again."


def _single_timeline(read: Any, path: Path) -> otio.schema.Timeline:
    if isinstance(read, otio.schema.Timeline):
        return read
    if isinstance(read, otio.schema.SerializableCollection):
        found = list(read.find_children(descended_from_type=otio.schema.Timeline))
        if len(found) == 1:
            return found[0].clone()
        names = ", ".join(f"'{timeline.name}'" for timeline in found) or "none"
        raise TimelineError(
            f"{path} must hold one timeline but holds {len(found)} ({names}); export one of them."
        )
    raise TimelineError(
        f"{path} holds a {type(read).__name__}, not a timeline; export the whole timeline."
    )


def _own_rate(item: otio.core.Item) -> float | None:
    if item.source_range is not None:
        return float(item.source_range.duration.rate)
    reference = item.media_reference if isinstance(item, otio.schema.Clip) else None
    if reference is not None and reference.available_range is not None:
        return float(reference.available_range.duration.rate)
    return None


def _guard_replacement(cut: Cut, target: Path, *, given: bool) -> None:
    if target == cut.path:
        if file_digest(target) != cut.digest:
            raise TimelineChanged(
                f"{target.name} was changed by another program after it was read, so it was not "
                "replaced; run the command again."
            )
    elif not given:
        raise TimelineError(
            f"{target.name} exists already beside {cut.path.name}; work on {target.name}, "
            "or name another file with --out."
        )
