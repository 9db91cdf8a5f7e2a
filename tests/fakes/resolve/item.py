"""TimelineItem: positions, takes, properties, grades, and what 21.1 added."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .handle import Handle, needs_current, since
from .model import Item, Sequence, Take, around, handles, source_span
from .notes import Coloured

if TYPE_CHECKING:
    from .fake import FakeResolve
    from .pool import MediaPoolItem

DEFAULTS: dict[str, Any] = {
    "Pan": 0.0, "Tilt": 0.0, "ZoomX": 1.0, "ZoomY": 1.0, "ZoomGang": True, "RotationAngle": 0.0,
    "AnchorPointX": 0.0, "AnchorPointY": 0.0, "Pitch": 0.0, "Yaw": 0.0, "FlipX": False,
    "FlipY": False, "CropLeft": 0.0, "CropRight": 0.0, "CropTop": 0.0, "CropBottom": 0.0,
    "CropSoftness": 0.0, "CropRetain": False, "DynamicZoomEase": 0, "CompositeMode": 0,
    "Opacity": 100.0, "Distortion": 0.0, "RetimeProcess": 0, "MotionEstimation": 0, "Scaling": 0,
    "ResizeFilter": 0,
}  # fmt: skip
"""SetProperty keys and their rest positions (facts 9)."""
FIRST_VERSION = "Version 1"


class TimelineItem(Coloured):
    """A handle to an item; it may outlive what it points at."""

    def __init__(
        self, fake: FakeResolve, sequence: Sequence, item: Item, state: str = "placed"
    ) -> None:
        super().__init__(fake)
        self._sequence, self._item, self._state = sequence, item, state
        self._generation = sequence.generation

    def _alive(self) -> bool:
        if self._state != "placed":
            return self._state == "phantom"
        if self._fake.knobs.handles_die and self._generation != self._sequence.generation:
            return False
        return self._sequence.place_of(self._item) is not None

    def _off_stage(self) -> bool:
        return self._fake.project.current is not self._sequence

    def _target(self) -> Item:
        return self._item

    def _markers(self) -> dict[int, dict[str, Any]]:
        return self._item.markers

    # -- what and where

    def GetName(self) -> str:
        return self._item.name

    @since(20, 2)
    def SetName(self, name: str) -> bool:
        self._item.name = name
        return True

    def GetUniqueId(self) -> str:
        return self._item.uid

    @since(21, 1)
    def GetType(self) -> str:
        kind = self._item.kind
        return kind if kind in ("video", "audio", "transition") else "generator"

    def GetTrackTypeAndIndex(self) -> list[Any]:
        return list(self._sequence.place_of(self._item) or ())

    def GetMediaPoolItem(self) -> MediaPoolItem | None:
        return self._fake.clip(self._item.media)

    def GetLinkedItems(self) -> list[TimelineItem]:
        link = self._item.link
        return [
            TimelineItem(self._fake, self._sequence, one)
            for _, _, one in self._sequence.everything()
            if link is not None and one.link == link and one is not self._item
        ]

    def GetFusionCompCount(self) -> int:
        """Documented; a clip that is appended anew has none (facts 4)."""
        return self._item.compositions

    def GetStart(self, subframe_precision: bool = False) -> int | float:
        return self._item.start

    def GetEnd(self, subframe_precision: bool = False) -> int | float:
        return self._item.end

    def GetDuration(self, subframe_precision: bool = False) -> int | float:
        return self._item.duration

    def GetLeftOffset(self, subframe_precision: bool = False) -> int | float:
        """Source frames before the in point; in the warped domain when retimed (facts 6)."""
        return _whole(handles(self._item, self._sequence.rate)[0], subframe_precision)

    def GetRightOffset(self, subframe_precision: bool = False) -> int | float:
        return _whole(handles(self._item, self._sequence.rate)[1], subframe_precision)

    def GetSourceStartFrame(self) -> int:
        """-1 on some items, always the same ones; 0 after an xmeml import (facts 6)."""
        if self._item.from_xml:
            return 0
        lies = self._fake.knobs.source_start_off_by_one and self._item.left % 2 == 1
        return self._item.left - int(lies)

    def GetSourceEndFrame(self) -> int:
        """Exclusive where the rates are equal, else inclusive; 0 from xmeml (facts 6)."""
        media = self._item.media
        if media is None or self._item.from_xml:
            return 0
        end = math.floor(self._item.left + self._span())
        return end if media.rate == self._sequence.rate else end - 1

    def GetSourceStartTime(self) -> float:
        media = self._item.media
        return float(self._item.left / media.rate) if media else 0.0

    def GetSourceEndTime(self) -> float:
        media = self._item.media
        return float((self._item.left + self._span()) / media.rate) if media else 0.0

    def _span(self) -> Fraction:
        return source_span(self._item, self._sequence.rate)

    # -- takes

    @needs_current(False)
    def AddTake(
        self,
        mediaPoolItem: MediaPoolItem,
        startFrame: int | None = None,
        endFrame: int | None = None,
    ) -> bool:
        """Half-open extents; the first call makes the original take 1 (facts 7)."""
        media, knobs = self._fake.media(mediaPoolItem), self._fake.knobs
        explicit = startFrame is not None and endFrame is not None
        if media is None or self._item.media is None or self._locked():
            return False
        if knobs.add_take_needs_extents and not explicit:
            return False
        take = Take(
            media, int(startFrame or 0), int(media.length if endFrame is None else endFrame)
        )
        if not 0 <= take.start < take.end <= max(media.length, 1):
            return False
        if knobs.takes_land:
            self._with_take(take)
        return True

    def _with_take(self, take: Take) -> None:
        item = self._item
        if not item.takes and item.media is not None:
            end = item.left + math.ceil(self._span())
            item.takes, item.selected = [Take(item.media, item.left, end)], 1
        item.takes.append(take)
        if self._fake.knobs.new_take_is_selected:
            self._show(len(item.takes))

    @needs_current(0)
    def GetTakesCount(self) -> int:
        return len(self._item.takes)

    @needs_current(0)
    def GetSelectedTakeIndex(self) -> int:
        return self._item.selected

    def GetTakeByIndex(self, idx: int) -> dict[str, Any] | None:
        if not 1 <= idx <= len(self._item.takes):
            return None
        take = self._item.takes[idx - 1]
        clip = self._fake.clip(take.media)
        return {"startFrame": take.start, "endFrame": take.end, "mediaPoolItem": clip}

    @needs_current(False)
    def SelectTakeByIndex(self, idx: int) -> bool:
        if not 1 <= idx <= len(self._item.takes) or self._locked():
            return False
        if self._fake.knobs.select_take_lands:
            self._show(idx)
        return True

    def _show(self, number: int) -> None:
        """Swap the source in place; unequal lengths ripple as the user set it (facts 7)."""
        item, take = self._item, self._item.takes[number - 1]
        item.selected, item.media, item.left = number, take.media, take.start
        frames = max(1, math.floor((take.end - take.start) / self._sequence.pace(take.media)))
        if self._fake.knobs.ripple_takes:
            self._stretch(frames)
        else:
            item.duration = min(item.duration, frames)

    def _stretch(self, frames: int) -> None:
        """Give the item another length, and everything after it another place."""
        end, longer = self._item.end, frames - self._item.duration
        if longer > 0:
            self._sequence.shift(end, longer)
        self._item.duration = frames
        if longer < 0:
            self._sequence.shift(end, longer)

    @needs_current(False)
    def DeleteTakeByIndex(self, idx: int) -> bool:
        item = self._item
        if not 1 <= idx <= len(item.takes) or len(item.takes) == 1:
            return False
        del item.takes[idx - 1]
        if item.selected == idx:
            self._show(1)
        elif item.selected > idx:
            item.selected -= 1
        return True

    @needs_current(False)
    def FinalizeTake(self) -> bool:
        if not self._item.takes:
            return False
        self._item.takes, self._item.selected = [], 0
        return True

    # -- looks

    def GetProperty(self, propertyKey: str | None = None) -> Any:
        """Everything without a key; {} for what is no picture (facts 6)."""
        if not self._pictured():
            return {} if propertyKey is None else None
        values = {**DEFAULTS, **self._item.properties}
        return values if propertyKey is None else values.get(propertyKey)

    @needs_current(False)
    def SetProperty(self, propertyKey: str, propertyValue: Any) -> bool:
        if propertyKey not in DEFAULTS or not self._pictured():
            return False
        self._item.properties[propertyKey] = propertyValue
        return True

    @since(21, 1)
    def GetProperties(self) -> dict[str, Any]:
        return {**DEFAULTS, **self._item.properties} if self._pictured() else {}

    @since(21, 1)
    @needs_current(False)
    def SetProperties(self, properties: dict[str, Any]) -> bool:
        """All or nothing (facts 3)."""
        if not properties.keys() <= DEFAULTS.keys() or not self._pictured():
            return False
        self._item.properties.update(properties)
        return True

    def GetClipEnabled(self) -> bool:
        return self._item.enabled

    def SetClipEnabled(self, Bool: bool) -> bool:
        if self._locked():
            return False
        self._item.enabled = bool(Bool)
        return True

    def CopyGrades(self, tgtTimelineItems: list[TimelineItem]) -> bool:
        """Same timeline, current layer only (facts 4)."""
        targets = [h for h in tgtTimelineItems if isinstance(h, TimelineItem) and h._alive()]
        if len(targets) != len(tgtTimelineItems):
            return False
        if any(one._sequence is not self._sequence for one in targets):
            return False
        for one in targets:
            one._item.grade[1] = self._item.grade.get(1, ())
        return True

    def GetNodeGraph(self, layerIdx: int | None = None) -> Graph:
        return Graph(self._fake, self._item, layerIdx or 1)

    def GetNumNodes(self) -> int:
        return max(1, len(self._item.grade.get(1, ())))

    def AddVersion(self, versionName: str, versionType: int) -> bool:
        versions = self._versions()
        if versionName in versions:
            return False
        versions[versionName] = dict(self._item.grade)
        self._item.version = versionName
        return True

    def GetVersionNameList(self, versionType: int) -> list[str]:
        return list(self._versions())

    def GetCurrentVersion(self) -> dict[str, Any]:
        return {"versionName": self._item.version, "versionType": 0}

    def LoadVersionByName(self, versionName: str, versionType: int) -> bool:
        versions = self._versions()
        if versionName not in versions:
            return False
        versions[self._item.version] = dict(self._item.grade)
        self._item.grade, self._item.version = dict(versions[versionName]), versionName
        return True

    def _versions(self) -> dict[str, dict[int, tuple[str, ...]]]:
        if not self._item.versions:
            self._item.versions[FIRST_VERSION] = dict(self._item.grade)
        return self._item.versions

    def SmartReframe(self) -> bool:
        return self._item.kind == "video"

    def CreateMagicMask(self, mode: str) -> bool:
        return self._item.kind == "video" and mode in ("F", "B", "BI")

    def _pictured(self) -> bool:
        return self._item.kind not in ("transition", "audio")

    def _locked(self) -> bool:
        track = self._sequence.track_of(self._item)
        return track is not None and track.locked

    # -- from 21.1 on

    @since(21, 1)
    def GetSpeed(self) -> dict[str, Any]:
        return {"Percentage": float(self._item.speed * 100)}

    @since(21, 1)
    @needs_current(False)
    def SetSpeed(self, settings: dict[str, Any]) -> bool:
        """Without RippleTimeline the item keeps its span (facts 9)."""
        speed = Fraction(settings.get("Percentage", 100)).limit_denominator(10000) / 100
        if self._item.media is None or speed == 0 or self._locked():
            return False
        if settings.get("RippleTimeline"):
            self._stretch(max(1, math.floor(self._item.duration * abs(self._item.speed / speed))))
        self._item.speed = speed
        return True

    @since(21, 1)
    def GetFades(self) -> dict[str, int]:
        return {"FadeIn": self._item.fades[0], "FadeOut": self._item.fades[1]}

    @since(21, 1)
    @needs_current(False)
    def SetFades(self, fades: dict[str, int]) -> bool:
        self._item.fades = (int(fades.get("FadeIn", 0)), int(fades.get("FadeOut", 0)))
        return True

    @since(21, 1)
    @needs_current(None)
    def AddTransition(self, options: dict[str, Any]) -> TimelineItem | None:
        """None without alignment, without handles, or where the track is locked (facts 9)."""
        track = self._sequence.track_of(self._item)
        alignment, frames = options.get("alignment"), int(options.get("duration", 24))
        if alignment not in ("left", "center", "right") or track is None or track.locked:
            return None
        cut = self._item.start if options.get("position") == "start" else self._item.end
        before, after = around(track, cut)
        rate = self._sequence.rate
        head = {"left": frames, "center": frames // 2, "right": 0}[alignment]
        if head and (after is None or handles(after, rate)[0] <= 0):
            return None
        if alignment == "right" and (before is None or handles(before, rate)[1] <= 0):
            return None
        made = self._fake.model_transition(track, cut, head, frames - head, str(options["type"]))
        return TimelineItem(self._fake, self._sequence, made)


class Graph(Handle):
    """The nodes of one layer's grade."""

    def __init__(self, fake: FakeResolve, item: Item, layer: int) -> None:
        super().__init__(fake)
        self._item, self._layer = item, layer

    def GetNumNodes(self) -> int:
        return max(1, len(self._item.grade.get(self._layer, ())))

    def GetLUT(self, nodeIndex: int) -> str:
        nodes = self._item.grade.get(self._layer, ())
        return nodes[nodeIndex - 1] if 1 <= nodeIndex <= len(nodes) else ""

    def SetLUT(self, nodeIndex: int, lutPath: str) -> bool:
        nodes = list(self._item.grade.get(self._layer, ("",)))
        if not 1 <= nodeIndex <= len(nodes):
            return False
        nodes[nodeIndex - 1] = lutPath
        self._item.grade[self._layer] = tuple(nodes)
        return True


def _whole(frames: Fraction, subframe: bool) -> int | float:
    return float(frames) if subframe else math.floor(frames)
