"""Timeline: tracks, deletion, compound clips, export."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .gallery import GalleryStill
from .handle import needs_current, since
from .item import TimelineItem
from .model import Item, Sequence, Track, fresh_id, next_link
from .nesting import nested
from .notes import InOut, Marked
from .otio_out import write_export
from .probe import frame_number, timecode_of

if TYPE_CHECKING:
    from .fake import FakeResolve
    from .pool import MediaPoolItem


class Timeline(Marked, InOut):
    """A handle to a timeline."""

    def __init__(self, fake: FakeResolve, sequence: Sequence) -> None:
        super().__init__(fake)
        self._sequence = sequence

    def _alive(self) -> bool:
        return self._sequence in self._fake.project.timelines

    def _off_stage(self) -> bool:
        return self._fake.project.current is not self._sequence

    def _markers(self) -> dict[int, dict[str, Any]]:
        return self._sequence.markers

    def _marks(self) -> dict[str, tuple[int, int]]:
        return self._sequence.marks

    def GetName(self) -> str:
        return self._sequence.name

    def SetName(self, timelineName: str) -> bool:
        if self._fake.project.named(timelineName) is not None:
            return False
        self._sequence.name = timelineName
        if self._sequence.media is not None:
            self._sequence.media.name = timelineName
        return True

    def GetUniqueId(self) -> str:
        return self._sequence.uid

    def GetMediaPoolItem(self) -> MediaPoolItem | None:
        return self._fake.clip(self._sequence.media)

    def GetStartFrame(self) -> int:
        return self._sequence.start

    def GetEndFrame(self) -> int:
        return self._sequence.end

    def GetStartTimecode(self) -> str:
        return timecode_of(self._sequence.start, self._sequence.rate)

    def GetSetting(self, settingName: str = "") -> Any:
        rate = f"{float(self._sequence.rate):.3f}".rstrip("0").rstrip(".")
        settings = {**self._fake.project.settings, "timelineFrameRate": rate}
        return settings.get(settingName, "") if settingName else settings

    def GetCurrentTimecode(self) -> str:
        return timecode_of(self._sequence.playhead, self._sequence.rate)

    def SetCurrentTimecode(self, timecode: str) -> bool:
        if self._off_stage():
            return False
        self._sequence.playhead = frame_number(timecode, self._sequence.rate)
        return True

    def GetCurrentVideoItem(self) -> TimelineItem | None:
        """The topmost video item under the playhead (facts 8)."""
        for track in reversed(self._sequence.tracks["video"]):
            for item in track.clips() if track.enabled else ():
                if item.start <= self._sequence.playhead < item.end:
                    return self._handle(item)
        return None

    @since(21, 0, 4)
    def GetSelectedClips(self) -> list[TimelineItem]:
        mine = [one for one in self._fake.selection if self._sequence.place_of(one) is not None]
        return [self._handle(one) for one in mine]

    # -- tracks

    def GetTrackCount(self, trackType: str) -> int:
        return len(self._sequence.tracks.get(trackType, ()))

    def GetItemListInTrack(self, trackType: str, index: int) -> list[TimelineItem]:
        track = self._sequence.track(trackType, index)
        if track is None:
            return []
        items = track.items if self._fake.knobs.transitions_in_lists else track.clips()
        return [self._handle(one) for one in items]

    def AddTrack(self, trackType: str, newTrackOptions: Any = None) -> bool:
        """An audio track without a subtype is mono (facts 5)."""
        if trackType not in self._sequence.tracks:
            return False
        options = newTrackOptions if isinstance(newTrackOptions, dict) else {}
        subtype = str(options.get("audioType", newTrackOptions or "mono"))
        index = options.get("index")
        if index is not None and not 1 <= index <= len(self._sequence.tracks[trackType]) + 1:
            return False
        self._sequence.add_track(trackType, subtype if trackType == "audio" else "", index)
        self._sequence.generation += 1
        return True

    def DeleteTrack(self, trackType: str, trackIndex: int) -> bool:
        track = self._sequence.track(trackType, trackIndex)
        if track is None or track.locked:
            return False
        self._sequence.tracks[trackType].remove(track)
        self._sequence.generation += 1
        return True

    def GetTrackName(self, trackType: str, trackIndex: int) -> str:
        track = self._sequence.track(trackType, trackIndex)
        return track.name if track else ""

    def SetTrackName(self, trackType: str, trackIndex: int, name: str) -> bool:
        return self._set_track(trackType, trackIndex, "name", name)

    def GetTrackSubType(self, trackType: str, trackIndex: int) -> str:
        track = self._sequence.track(trackType, trackIndex)
        return track.subtype if track else ""

    @needs_current(False)
    def GetIsTrackEnabled(self, trackType: str, trackIndex: int) -> bool:
        track = self._sequence.track(trackType, trackIndex)
        return track is not None and track.enabled

    def SetTrackEnable(self, trackType: str, trackIndex: int, Bool: bool) -> bool:
        return self._set_track(trackType, trackIndex, "enabled", bool(Bool))

    @needs_current(False)
    def GetIsTrackLocked(self, trackType: str, trackIndex: int) -> bool:
        track = self._sequence.track(trackType, trackIndex)
        return track is not None and track.locked

    def SetTrackLock(self, trackType: str, trackIndex: int, Bool: bool) -> bool:
        return self._set_track(trackType, trackIndex, "locked", bool(Bool))

    def _set_track(self, kind: str, index: int, name: str, value: Any) -> bool:
        track = self._sequence.track(kind, index)
        if track is None:
            return False
        setattr(track, name, value)
        return True

    # -- edits

    @needs_current(False)
    def DeleteClips(self, timelineItems: list[TimelineItem], Bool: bool = False) -> bool:
        """False off the Edit page; never takes linked audio along; may ripple (facts 9)."""
        items = self._own(timelineItems)
        fails = self._fake.knobs.delete_fails_once and not self._fake.deleted_before
        self._fake.deleted_before = True
        if fails or self._fake.page != "edit" or not items or self._any_locked(items):
            return False
        for item in sorted(items, key=lambda one: -one.start):
            self._sequence.remove(item)
            if Bool:
                self._sequence.shift(item.end, -item.duration)
        self._sequence.generation += 1
        return True

    def SetClipsLinked(self, timelineItems: list[TimelineItem], Bool: bool) -> bool:
        items = self._own(timelineItems)
        link = next_link() if Bool else None
        for item in items or ():
            item.link = link
        return bool(items)

    def CreateCompoundClip(
        self, timelineItems: list[TimelineItem], clipInfo: dict[str, Any] | None = None
    ) -> TimelineItem | None:
        name = str((clipInfo or {}).get("name", "Compound Clip 1"))
        return self._nested(timelineItems, name, "Compound")

    def CreateFusionClip(self, timelineItems: list[TimelineItem]) -> TimelineItem | None:
        return self._nested(timelineItems, "Fusion Clip 1", "Fusion")

    def _nested(self, handles: list[TimelineItem], name: str, kind: str) -> TimelineItem | None:
        items = self._own(handles)
        if not items or self._any_locked(items) or self._off_stage():
            return None
        made = nested(self._fake.project, self._sequence, items, name, kind)
        self._sequence.generation += made is not None
        return None if made is None else self._handle(made)

    def GrabStill(self) -> GalleryStill | None:
        if self._off_stage():
            return None
        still = GalleryStill(self._fake, self._sequence, self._sequence.playhead)
        self._fake.stills.append(still)
        return still

    def ImportIntoTimeline(self, filePath: str, importOptions: Any = None) -> bool:
        """AAF only, which this fake does not read (facts 3)."""
        return False

    def CreateSubtitlesFromAudio(self, autoCaptionSettings: Any = None) -> bool:
        return bool(self._sequence.tracks["audio"])

    def DuplicateTimeline(self, timelineName: str | None = None) -> Timeline | None:
        name = timelineName or f"{self._sequence.name} copy"
        if self._fake.project.named(name) is not None:
            return None
        made = copied(self._sequence, name)
        self._fake.project.add_timeline(made)
        return Timeline(self._fake, made)

    def Export(self, fileName: str, exportType: float, exportSubtype: float) -> bool:
        return write_export(self._fake, self._sequence, Path(fileName), exportType)

    def _handle(self, item: Item) -> TimelineItem:
        return TimelineItem(self._fake, self._sequence, item)

    def _own(self, handles: list[TimelineItem]) -> list[Item] | None:
        """The items behind live handles of this timeline, None when one is dead or foreign."""
        known = [h for h in handles if isinstance(h, TimelineItem) and h._alive()]
        if len(known) < len(handles) or any(h._sequence is not self._sequence for h in known):
            return None
        return [one._item for one in known]

    def _any_locked(self, items: list[Item]) -> bool:
        tracks = [self._sequence.track_of(one) for one in items]
        return any(track is None or track.locked for track in tracks)


def copied(sequence: Sequence, name: str) -> Sequence:
    """A timeline of its own with the same items, fresh ids and the same media."""
    made = Sequence(name, sequence.rate, sequence.start, playhead=sequence.playhead)
    made.markers, made.marks = copy.deepcopy(sequence.markers), dict(sequence.marks)
    made.foreign = copy.deepcopy(sequence.foreign)
    for kind, tracks in sequence.tracks.items():
        for track in tracks:
            twin = Track(kind, track.name, track.subtype, track.enabled, track.locked)
            twin.items = [_twin(one) for one in track.items]
            made.tracks[kind].append(twin)
    return made


def _twin(item: Item) -> Item:
    twin = copy.copy(item)
    for name in ("flags", "takes"):
        setattr(twin, name, list(getattr(item, name)))
    for name in ("markers", "properties", "grade", "versions", "foreign"):
        setattr(twin, name, copy.deepcopy(getattr(item, name)))
    twin.uid = fresh_id()
    return twin
