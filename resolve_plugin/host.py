"""A timeline of Resolve: read and changed, in bursts of calls on one thread; `bins`, `nests` and
`calibrate` call the rest of the API.

Return values are not believed (NOTES.md): what was done is read back by listing the tracks again.
Frames are whole frames of the timeline; record frames are counted from its first frame.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .bins import HostRefused, needed, path_of
from .surface import Item, PoolItem, Project, Resolve

CONTACT = "Contact"
"""The one track that all splices share, above the picture."""
COPIED = (
    "Pan", "Tilt", "ZoomX", "ZoomY", "ZoomGang", "RotationAngle", "AnchorPointX", "AnchorPointY",
    "Pitch", "Yaw", "FlipX", "FlipY", "CropLeft", "CropRight", "CropTop", "CropBottom",
    "CropSoftness", "CropRetain", "CompositeMode", "Opacity", "Scaling", "ResizeFilter",
)  # fmt: skip
"""What a piece wears of the clip under it (facts section 9)."""
VIDEO, AUDIO = "video", "audio"
COLOUR, MARKERS = "Chocolate", ("contact", "regenerate")
"""A clip of this colour, or with a marker of such a name, is meant where nothing else is."""
NESTED = {
    "Compound": "is a compound clip; open it in the timeline and work on the clips inside",
    "Timeline": "is a nested timeline; open it and work on the clips inside",
    "Multicam": "is a multicam clip; flatten it (right-click > Flatten Multicam Clip) first",
    "Fusion": "is a Fusion clip; work on the clip that it was made of",
}
"""Type of a pool clip -> why it is no shot, with the cure."""


class Stand(NamedTuple):
    """Where an item stands, as read from its track."""

    start: int
    """Record frame."""
    frames: int
    source_start: int
    """Frame of the file that is shown first."""
    media: str
    """Absolute path; "" for what shows no file."""
    id: str


class Piece(NamedTuple):
    """One stretch of a file that is to stand on a track."""

    media: str
    start: int
    """Record frame."""
    source_start: int
    frames: int


class Host:
    """The current timeline of a running Resolve."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.project = needed(_project(resolve), "Open a project in Resolve and try again.")
        self.pool = needed(self.project.GetMediaPool(), "Resolve shows no media pool; try again.")
        self.timeline = needed(
            self.project.GetCurrentTimeline(), "Open a timeline in Resolve and try again."
        )
        self.origin = int(self.timeline.GetStartFrame() or 0)
        self._end_is_inclusive = False
        """Learnt by reading back: 19.1 counts endFrame in, 21.0 does not."""

    def about(self) -> dict[str, str]:
        """Return what tells this project and timeline apart from others."""
        return {
            "project": self.project.GetName() or "project",
            "project_id": self.project.GetUniqueId() or "",
            "timeline": self.timeline.GetName() or "timeline",
            "timeline_id": self.timeline.GetUniqueId() or "",
            "version": self.resolve.GetVersionString() or "",
            "product": self.resolve.GetProductName() or "",
        }

    def exported(self) -> dict[str, Any]:
        """Return the timeline as Resolve's own OTIO, without our track.

        Raises:
            HostRefused: Resolve wrote nothing.
        """
        path = _fresh_path()
        self.timeline.Export(str(path), self.resolve.EXPORT_OTIO, self.resolve.EXPORT_NONE)
        if not path.is_file() or not path.stat().st_size:
            raise HostRefused(
                "Resolve could not export the timeline as OTIO; open it on the Edit page, or use "
                "File > Export > Timeline and 'otio-bridge review'."
            )
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    # -- reading ----------------------------------------------------------------------------------

    def items(self, kind: str, track: int) -> list[Item]:
        """Return the items of a track that show something; transitions are none."""
        listed = self.timeline.GetItemListInTrack(kind, track) or []
        return [item for item in listed if not _is_transition(item)]

    def stands(self, kind: str, track: int) -> list[Stand]:
        """Return where the items of a track stand."""
        return [self.stand_of(item) for item in self.items(kind, track)]

    def picture(self) -> dict[tuple[str, int], list[tuple[int, int, int, str]]]:
        """Return where everything stands on every track, to compare before and after."""
        return {
            (kind, track): sorted(stand[:4] for stand in self.stands(kind, track))
            for kind in (VIDEO, AUDIO)
            for track in range(1, self.tracks(kind) + 1)
        }

    def tracks(self, kind: str) -> int:
        """Return how many tracks of a kind there are."""
        return int(self.timeline.GetTrackCount(kind) or 0)

    def contact_track(self) -> int | None:
        """Return the number of our track; None before the first splice."""
        for track in range(1, self.tracks(VIDEO) + 1):
            if self.timeline.GetTrackName(VIDEO, track) == CONTACT:
                return track
        return None

    def meant(self) -> list[tuple[int, int]]:
        """Return track and record start of the clips that the editor means: the selection, else
        the clip under the playhead, else those of our colour or with our markers.

        Raises:
            HostRefused: There is none of them.
        """
        able = _callable(self.timeline, "GetSelectedClips")  # from 21.0.4 on
        chosen = self.timeline.GetSelectedClips() if able else []
        found = [item for item in chosen or [] if _kind(item)[0] == VIDEO]
        if not found:
            under = self.timeline.GetCurrentVideoItem()
            found = [under] if under is not None else self._noted()
        places = [
            (_kind(item)[1], self._record(item)) for item in found if not _is_transition(item)
        ]
        if not places:
            raise HostRefused(
                "Select a clip, put the playhead on one, or give it the clip colour "
                f"{COLOUR} or a marker named '{MARKERS[0]}', and try again."
            )
        return sorted(set(places))

    def _noted(self) -> list[Item]:
        """Return the clips of our colour or with a marker of ours."""
        return [
            item
            for track in range(1, self.tracks(VIDEO) + 1)
            for item in self.items(VIDEO, track)
            if item.GetClipColor() == COLOUR
            or any(one.get("name", "").lower() in MARKERS for one in markers_of(item).values())
        ]

    def why_no_shot(self, places: Iterable[tuple[int, int]]) -> str:
        """Say why what stands there cannot be mended, in one sentence."""
        for track, start in places:
            for item in self.items(VIDEO, track):
                media = item.GetMediaPoolItem() if self._record(item) == start else None
                kind = "" if media is None else str(media.GetClipProperty("Type") or "")
                if kind in NESTED:
                    return f"'{item.GetName()}' {NESTED[kind]}."
        return "The clip shows no file of its own (a title, a generator); choose another."

    def locked(self, track: int) -> bool:
        """Say whether a video track is locked."""
        return bool(self.timeline.GetIsTrackLocked(VIDEO, track))

    def item_at(self, track: int, start: int, frames: int) -> Item:
        """Return the item that stands exactly there.

        Raises:
            HostRefused: It was moved, trimmed or deleted meanwhile.
        """
        for item in self.items(VIDEO, track):
            if self._record(item) == start and int(item.GetDuration() or 0) == frames:
                return item
        raise HostRefused(
            f"No clip of {frames} frames stands at frame {start} of video track {track} any more; "
            "start the action again."
        )

    def _record(self, item: Item) -> int:
        return int(item.GetStart() or 0) - self.origin

    def stand_of(self, item: Item) -> Stand:
        """Return where an item stands and what it shows."""
        media = item.GetMediaPoolItem()
        return Stand(
            self._record(item),
            int(item.GetDuration() or 0),
            int(item.GetLeftOffset() or 0),
            path_of(media) if media is not None else "",
            item.GetUniqueId() or "",
        )

    # -- doing ------------------------------------------------------------------------------------

    @contextmanager
    def on_edit_page(self) -> Iterator[None]:
        """Work on the Edit page and this timeline; put back what the editor had open."""
        page, now = self.resolve.GetCurrentPage(), self.project.GetCurrentTimeline()
        other = now is not None and now.GetUniqueId() != self.timeline.GetUniqueId()
        if page != "edit":
            self.resolve.OpenPage("edit")
        if other:  # only then: it moves the playhead
            self.project.SetCurrentTimeline(self.timeline)
        try:
            yield
        finally:
            if other and now is not None:
                self.project.SetCurrentTimeline(now)
            if page and page != "edit":
                self.resolve.OpenPage(page)

    def needed_contact_track(self) -> int:
        """Return our track's number; made on top of the picture where it is not there.

        Raises:
            HostRefused: It is locked, or Resolve makes no track.
        """
        track = self.contact_track()
        if track is None:
            had = self.tracks(VIDEO)
            self.timeline.AddTrack(VIDEO)
            track = self.tracks(VIDEO)
            if track != had + 1:
                raise HostRefused("Resolve makes no new video track; add one and try again.")
            self.timeline.SetTrackName(VIDEO, track, CONTACT)
        if self.locked(track):
            raise HostRefused(f"The track '{CONTACT}' is locked; unlock it and try again.")
        return track

    def placed(self, pieces: list[Piece], clips: dict[str, PoolItem], track: int) -> list[Item]:
        """Put pieces on our track, and return them as read back.

        Raises:
            HostRefused: They do not stand as wished; what was put there is taken away again.
        """
        for inclusive in (self._end_is_inclusive, not self._end_is_inclusive):
            before = {stand.id for stand in self.stands(VIDEO, track)}
            if _callable(self.pool, "SetSelectedClip"):  # before 20.3.2 appends wanted a selection
                self.pool.SetSelectedClip(clips[pieces[0].media])
            self.pool.AppendToTimeline(
                [self._wish(piece, clips[piece.media], track, inclusive) for piece in pieces]
            )
            new = [i for i in self.items(VIDEO, track) if (i.GetUniqueId() or "") not in before]
            if [self.as_piece(item) for item in new] == pieces:
                self._end_is_inclusive = inclusive
                return new
            self.taken_away(new)
        raise HostRefused(
            "Resolve did not put the pieces where they belong; they were taken away again: make "
            f"sure that nothing stands in their place on the track '{CONTACT}'."
        )

    def _wish(self, piece: Piece, clip: PoolItem, track: int, inclusive: bool) -> dict[str, Any]:
        end = piece.source_start + piece.frames - (1 if inclusive else 0)
        return {
            "mediaPoolItem": clip, "startFrame": piece.source_start, "endFrame": end,
            "mediaType": 1, "trackIndex": track, "recordFrame": self.origin + piece.start,
        }  # fmt: skip

    def as_piece(self, item: Item) -> Piece:
        """Return an item as the stretch of a file that it shows."""
        stand = self.stand_of(item)
        return Piece(stand.media, stand.start, stand.source_start, stand.frames)

    def taken_away(self, items: list[Item]) -> None:
        """Delete items without closing the gap; a second time where the first did nothing."""
        for _ in range(2):
            left = [item for item in items if item.GetUniqueId()]
            if not left:
                return
            self.timeline.DeleteClips(left, False)
            there = {
                stand.id
                for track in range(1, self.tracks(VIDEO) + 1)
                for stand in self.stands(VIDEO, track)
            }
            items = [item for item in left if item.GetUniqueId() in there]

    def dressed(self, pieces: list[Item], like: Item) -> None:
        """Let pieces wear grade, transform, crop, opacity and composite mode of a clip."""
        like.CopyGrades(pieces)
        worn = like.GetProperty()
        for piece in pieces if isinstance(worn, dict) else ():
            has = piece.GetProperty() or {}
            for key in COPIED:
                if key in worn and has.get(key) != worn[key]:
                    piece.SetProperty(key, worn[key])

    def switched(self, item: Item, enabled: bool) -> None:
        """Switch a clip's picture on or off.

        Raises:
            HostRefused: Resolve does not.
        """
        item.SetClipEnabled(enabled)
        if bool(item.GetClipEnabled()) != enabled:
            raise HostRefused(f"'{item.GetName()}' cannot be switched; unlock its track first.")

    def with_takes(
        self, found: Callable[[], Item], takes: list[tuple[PoolItem, int]], frames: int
    ) -> int:
        """Offer takes in a clip's take selector, each as long as the clip; the picture stays.

        Args:
            found: Finds the clip; asked again after each call, since handles die.
            takes: Pool clip and first frame to show of each.
            frames: The slot's length.

        Returns:
            How many takes it has now besides the original.

        Raises:
            HostRefused: The clip moved or changed; the takes were taken off again.
        """
        place = self.stand_of(found())
        had, chosen = int(found().GetTakesCount() or 0), int(found().GetSelectedTakeIndex() or 1)
        for clip, first in takes:
            if path_of(clip) not in self.takes_of(found()):
                found().AddTake(clip, first, first + frames)
        found().SelectTakeByIndex(chosen)
        after = self.stand_of(found())
        if after[:4] != place[:4]:
            for index in range(int(found().GetTakesCount() or 0), max(1, had), -1):
                found().DeleteTakeByIndex(index)
            raise HostRefused(
                "Resolve changed the clip while takes were offered, and they were taken off again; "
                "switch off the ripple of takes in the take selector and try again."
            )
        return max(0, int(found().GetTakesCount() or 0) - 1)

    def takes_of(self, item: Item) -> list[str]:
        """Return the files in a clip's take selector, its own first; none where it has no takes."""
        count = int(item.GetTakesCount() or 0)
        found = [item.GetTakeByIndex(index) for index in range(1, count + 1)]
        return [path_of(one["mediaPoolItem"]) for one in found if one]


def markers_of(item: Item) -> dict[int, dict[str, Any]]:
    """Return an item's markers by frame of its media (facts 8)."""
    found: Any = item.GetMarkers() or {}
    # A Lua table whose only keys are 1, 2, … comes as a list.
    pairs = found.items() if isinstance(found, dict) else enumerate(found, 1)
    return {int(float(at)): dict(one) for at, one in pairs}


def _fresh_path() -> Path:
    """Return a path that was never used: Windows keeps the handle of an export for a while."""
    folder = Path(tempfile.gettempdir()) / "otio-bridge-resolve"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.otio"):
        with suppress(OSError):
            old.unlink()
    return folder / f"{uuid.uuid4().hex}.otio"


def _project(resolve: Resolve) -> Project | None:
    manager = resolve.GetProjectManager()
    return None if manager is None else manager.GetCurrentProject()


def _callable(thing: Any, name: str) -> bool:
    """Say whether a method is there: `dir` tells, `hasattr` does not (facts section 6)."""
    return name in dir(thing) and callable(getattr(thing, name, None))


def _is_transition(item: Item) -> bool:
    """Tell transitions, which stand in item lists too: no media and no properties."""
    if _callable(item, "GetType"):
        return bool(item.GetType() == "transition")  # type: ignore[attr-defined]
    return item.GetMediaPoolItem() is None and not item.GetProperty()


def _kind(item: Item) -> tuple[str, int]:
    found = item.GetTrackTypeAndIndex() or ("", 0)
    return str(found[0]), int(found[1])
