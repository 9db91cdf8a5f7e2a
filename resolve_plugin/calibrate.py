"""Ask a real Resolve what nobody has measured, on a scratch project, and write down its answers.

Each question is one function that makes its own little situation, reads it back and says what it
saw; none believes a return value. The facts that it is about are those of NOTES.md marked "?", and
the fake Resolve has a knob of the same name for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .bins import HostRefused, needed, path_of

SCRATCH = "OTIO Bridge calibration"
LENGTH = 120
"""Frames of each film, at 24 frames a second."""
TIMECODE = 86_400
"""First frame of the film that starts at 01:00:00:00."""
VIDEO, AUDIO = "video", "audio"
Json = dict[str, Any]


@dataclass(frozen=True)
class Films:
    """What the questions are asked about; all of `LENGTH` frames at 24 frames a second."""

    plain: Path
    other: Path
    coded: Path
    """Starts at 01:00:00:00."""
    sound: Path
    """A WAV."""


@dataclass
class Scratch:
    """A project of our own with an empty timeline."""

    resolve: Any
    project: Any
    pool: Any
    folder: Path
    films: Films
    count: int = 0
    clips: dict[Path, Any] = field(default_factory=dict)

    def timeline(self) -> Any:
        """Make an empty timeline with two video tracks the current one."""
        self.count += 1
        made = needed(
            self.pool.CreateEmptyTimeline(f"Question {self.count}"),
            "Resolve makes no timeline in the scratch project; try again on the Edit page.",
        )
        self.project.SetCurrentTimeline(made)
        if int(made.GetTrackCount(VIDEO) or 0) < 2:
            made.AddTrack(VIDEO)
        return made

    def clip(self, film: Path) -> Any:
        """Return a film in the media pool."""
        if film not in self.clips:
            found = self.pool.ImportMedia([str(film)]) or []
            self.clips[film] = needed(
                found[0] if found else None,
                f"Resolve cannot read {film.name}; is its codec allowed?",
            )
        return self.clips[film]

    def put(self, timeline: Any, film: Path, start: int, end: int, **others: Any) -> list[Any]:
        """Append part of a film and return what really lies on the timeline."""
        kind = AUDIO if others.get("mediaType") == 2 else VIDEO
        if "SetSelectedClip" in dir(self.pool):  # older builds want it, some may lack it
            self.pool.SetSelectedClip(self.clip(film))
        self.pool.AppendToTimeline(
            [{"mediaPoolItem": self.clip(film), "startFrame": start, "endFrame": end,
              "mediaType": 1, "trackIndex": 1,
              "recordFrame": int(timeline.GetStartFrame() or 0), **others}]
        )  # fmt: skip
        return list(timeline.GetItemListInTrack(kind, 1) or [])

    def exported(self, timeline: Any, name: str) -> Json:
        """Return a timeline as OTIO."""
        path = self.folder / name
        timeline.Export(str(path), self.resolve.EXPORT_OTIO, self.resolve.EXPORT_NONE)
        if not path.is_file() or not path.stat().st_size:
            raise HostRefused("Resolve exported no OTIO.")
        found: Json = json.loads(path.read_text("utf-8"))
        return found

    def imported(self, otio: Json, name: str, **options: Any) -> Any:
        """Import an OTIO and return its timeline, None where Resolve does not.

        Without options both ways of importing media are tried: some builds refuse one of them.
        """
        path = self.folder / f"{name}.otio"
        path.write_text(json.dumps(otio), encoding="utf-8")
        for more in [options] if options else [{}, {"importSourceClips": False}]:
            wish = {"timelineName": name, **more}
            made = self.pool.ImportTimelineFromFile(str(path), wish)
            if made is not None:
                return made
        return None


@dataclass(frozen=True)
class Answer:
    """What one question found."""

    question: str
    """The knob of the fake that stands for it."""
    found: bool | None
    """The knob's position; None where it cannot be told."""
    saw: str


def end_frame_inclusive(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether endFrame belongs to the piece."""
    items = on.put(on.timeline(), on.films.plain, 0, 10)
    length = int(items[0].GetDuration() or 0) if items else 0
    return {10: False, 11: True}.get(length), f"startFrame 0, endFrame 10 lie {length} frames long"


def audio_end_frame_inclusive(on: Scratch) -> tuple[bool | None, str]:
    """Ask the same of sound."""
    items = on.put(on.timeline(), on.films.sound, 0, 10, mediaType=2)
    length = int(items[0].GetDuration() or 0) if items else 0
    return {10: False, 11: True}.get(length), f"endFrame 10 of a sound lies {length} frames long"


def start_frame_counts_timecode(on: Scratch) -> tuple[bool | None, str]:
    """Ask from where startFrame counts in a film whose timecode does not start at zero."""
    saw = []
    for first, counts in ((5, False), (TIMECODE + 5, True)):
        items = on.put(on.timeline(), on.films.coded, first, first + 10)
        if not items:
            saw.append(f"startFrame {first} places nothing")
            continue
        offset = int(items[0].GetLeftOffset() or 0)
        saw.append(f"startFrame {first} shows frame {offset}")
        if offset == 5:
            return counts, "; ".join(saw)
    return None, "; ".join(saw)


def overlong_append_clamps(on: Scratch) -> tuple[bool | None, str]:
    """Ask what becomes of a range past the media's end."""
    items = on.put(on.timeline(), on.films.plain, LENGTH - 10, LENGTH + 20)
    length = int(items[0].GetDuration() or 0) if items else 0
    return bool(items), f"a range 20 frames past the end lies {length} frames long"


def new_take_is_selected(on: Scratch) -> tuple[bool | None, str]:
    """Ask which take is selected after AddTake."""
    item = _with_a_take(on, on.timeline())
    count, chosen = int(item.GetTakesCount() or 0), int(item.GetSelectedTakeIndex() or 0)
    known = {1: False, 2: True}.get(chosen) if count == 2 else None
    return known, f"{count} takes, number {chosen} selected"


def otio_exports_original_take(on: Scratch) -> tuple[bool | None, str]:
    """Ask which take an OTIO export carries."""
    timeline = on.timeline()
    _with_a_take(on, timeline).SelectTakeByIndex(2)
    text = json.dumps(on.exported(timeline, "take.otio"))
    original, take = (one.name in text for one in (on.films.plain, on.films.other))
    found = None if original == take else original
    return found, f"with take 2 selected it names the original: {original}, the take: {take}"


def reimport_duplicates(on: Scratch) -> tuple[bool | None, str]:
    """Ask what ImportMedia does with a file that the pool has."""
    on.clip(on.films.plain)
    on.pool.ImportMedia([str(on.films.plain)])
    inside = on.pool.GetCurrentFolder().GetClipList() or []
    count = sum(path_of(one) == str(on.films.plain) for one in inside)
    return count > 1, f"the pool has the file {count} times"


def otio_keeps_custom_data(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether a marker's customData comes back through OTIO."""
    timeline = on.timeline()
    (item,) = on.put(timeline, on.films.plain, 0, 48)
    item.AddMarker(4, "Blue", "contact", "a note", 1, "ours")
    again = on.imported(on.exported(timeline, "marked.otio"), "Marked again")
    (back,) = again.GetItemListInTrack(VIDEO, 1) if again is not None else (None,)
    marks = list((back.GetMarkers() or {}).values()) if back is not None else []
    data = [one.get("customData", "") for one in marks]
    return (data == ["ours"] if marks else None), f"markers came back with {data}"


def otio_honours_active_key(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether the active one of several media references is shown."""
    timeline = on.timeline()
    on.put(timeline, on.films.plain, 0, 48)
    on.clip(on.films.other)
    otio = on.exported(timeline, "keyed.otio")
    for clip in _clips(otio):
        plain = clip["media_references"][clip["active_media_reference_key"]]
        other = json.loads(json.dumps(plain).replace(on.films.plain.name, on.films.other.name))
        clip["media_references"]["t01"] = other
        clip["active_media_reference_key"] = "t01"
    again = on.imported(otio, "Keyed again")
    items = (again.GetItemListInTrack(VIDEO, 1) or []) if again is not None else []
    media = items[0].GetMediaPoolItem() if items else None
    shown = Path(path_of(media)).name if media is not None else "nothing"
    known = {on.films.other.name: True, on.films.plain.name: False}.get(shown)
    return known, f"the clip shows {shown}"


def otio_minds_extra_keys(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether newer keys of OTIO are read: `color: null` on items."""
    timeline = on.timeline()
    on.put(timeline, on.films.plain, 0, 48)
    otio = on.exported(timeline, "keys.otio")
    if on.imported(otio, "Keys as written") is None:
        return None, "even its own export is not imported"
    for clip in _clips(otio):
        clip["color"] = None
    again = on.imported(otio, "Keys added")
    return again is None, f"with color: null it is {'refused' if again is None else 'read'}"


def import_true_cancels(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether importSourceClips True is answered at all when the pool has the media."""
    again = _again(on, "True", importSourceClips=True)
    return again is None, f"importSourceClips True {'answers None' if again is None else 'imports'}"


def import_false_offline(on: Scratch) -> tuple[bool | None, str]:
    """Ask whether importSourceClips False finds the media that the pool has."""
    again = _again(on, "False", importSourceClips=False)
    items = (again.GetItemListInTrack(VIDEO, 1) or []) if again is not None else []
    if not items:
        return None, "importSourceClips False imports no clip"
    media = items[0].GetMediaPoolItem()
    online = media is not None and path_of(media) == str(on.films.plain)
    return not online, f"importSourceClips False leaves the clip {'on' if online else 'off'}line"


def _again(on: Scratch, name: str, **options: Any) -> Any:
    timeline = on.timeline()
    on.put(timeline, on.films.plain, 0, 48)
    return on.imported(on.exported(timeline, f"import {name}.otio"), f"Import {name}", **options)


def _with_a_take(on: Scratch, timeline: Any) -> Any:
    """Put a clip of 48 frames, give it a take of the same length, and return it."""
    on.put(timeline, on.films.plain, 0, 48)
    on.clip(on.films.other)
    (item,) = timeline.GetItemListInTrack(VIDEO, 1)
    item.AddTake(on.clip(on.films.other), 0, 48)
    (item,) = timeline.GetItemListInTrack(VIDEO, 1)
    return item


def _clips(otio: Any) -> list[Json]:
    """Return all clips of an OTIO, however deep."""
    if isinstance(otio, list):
        return [clip for one in otio for clip in _clips(one)]
    if not isinstance(otio, dict):
        return []
    own = [otio] if str(otio.get("OTIO_SCHEMA", "")).startswith("Clip.") else []
    return own + [clip for one in otio.values() for clip in _clips(one)]


QUESTIONS: tuple[Callable[[Scratch], tuple[bool | None, str]], ...] = (
    end_frame_inclusive, audio_end_frame_inclusive, start_frame_counts_timecode,
    overlong_append_clamps, new_take_is_selected, otio_exports_original_take,
    otio_keeps_custom_data, otio_honours_active_key, otio_minds_extra_keys,
    import_true_cancels, import_false_offline, reimport_duplicates,
)  # fmt: skip
BY_HAND = (
    "Undo: in 'Question 1' press Ctrl+Z (Cmd+Z) once; does the clip that the script put there go?",
    "Errors: run the menu's Lua script while no engine listens; is its message shown anywhere?",
)
"""What no script can see."""


def scratch(resolve: Any, films: Films, folder: Path, name: str) -> Scratch:
    """Make the scratch project and open it.

    Raises:
        HostRefused: Resolve makes none; nothing was touched.
    """
    manager = needed(
        resolve.GetProjectManager(), "Resolve shows no projects; is it still starting?"
    )
    project = needed(
        manager.CreateProject(name),
        "Resolve makes no scratch project; save your own project, close it, and try again.",
    )
    for setting in ("timelineFrameRate", "timelinePlaybackFrameRate"):
        project.SetSetting(setting, "24")
    resolve.OpenPage("edit")
    return Scratch(resolve, project, project.GetMediaPool(), folder, films)


def answered(on: Scratch) -> list[Answer]:
    """Ask every question; one that fails says how and stops no other."""
    found = []
    for question in QUESTIONS:
        try:
            position, saw = question(on)
        except Exception as error:  # what a live Resolve may raise nobody knows
            position, saw = None, f"failed: {type(error).__name__}: {error}"
        found.append(Answer(question.__name__, position, saw))
    return found


def report(resolve: Any, answers: list[Answer]) -> str:
    """Return the answers as a page of Markdown for people."""
    build = resolve.GetVersionString() or "unknown"
    rows = [f"| {one.question} | {_word(one.found)} | {one.saw} |" for one in answers]
    hand = [f"- {one}" for one in BY_HAND]
    return "\n".join(
        [f"# {resolve.GetProductName() or 'DaVinci Resolve'} {build}, measured by otio-bridge", "",
         "| question | answer | what was seen |", "|---|---|---|", *rows, "",
         "Left to look at by hand:", "", *hand, ""]
    )  # fmt: skip


def _word(found: bool | None) -> str:
    return "cannot be told" if found is None else "yes" if found else "no"
