"""Markers, flags and colours, which pool items, timelines and timeline items share."""

from __future__ import annotations

from typing import Any

from .handle import Handle

CLIP_COLOURS = frozenset(
    {"Orange", "Apricot", "Yellow", "Lime", "Olive", "Green", "Teal", "Navy", "Blue", "Purple",
     "Violet", "Pink", "Tan", "Beige", "Brown", "Chocolate"}
)  # fmt: skip
MARKER_COLOURS = frozenset(
    {"Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple", "Fuchsia", "Rose", "Lavender",
     "Sky", "Mint", "Lemon", "Sand", "Cocoa", "Cream"}
)  # fmt: skip


class Marked(Handle):
    """Something with markers: {frame: {color, duration, note, name, customData}} (facts 3, 8)."""

    def _markers(self) -> dict[int, dict[str, Any]]:
        raise NotImplementedError

    def AddMarker(
        self, frameId: float, color: str, name: str, note: str, duration: float,
        customData: str | None = None,
    ) -> bool:  # fmt: skip
        if color not in MARKER_COLOURS or int(frameId) in self._markers():
            return False
        self._markers()[int(frameId)] = {
            "color": color, "duration": int(duration), "note": note, "name": name,
            "customData": customData or "",
        }  # fmt: skip
        return True

    def GetMarkers(self) -> dict[int, dict[str, Any]]:
        return {frame: dict(one) for frame, one in sorted(self._markers().items())}

    def GetMarkerByCustomData(self, customData: str) -> dict[int, dict[str, Any]]:
        found = self._with_data(customData)
        return {} if found is None else {found: dict(self._markers()[found])}

    def GetMarkerCustomData(self, frameId: float) -> str:
        return str(self._markers().get(int(frameId), {}).get("customData", ""))

    def UpdateMarkerCustomData(self, frameId: float, customData: str) -> bool:
        if int(frameId) not in self._markers():
            return False
        self._markers()[int(frameId)]["customData"] = customData
        return True

    def DeleteMarkerByCustomData(self, customData: str) -> bool:
        found = self._with_data(customData)
        return found is not None and self._markers().pop(found, None) is not None

    def DeleteMarkerAtFrame(self, frameNum: float) -> bool:
        return self._markers().pop(int(frameNum), None) is not None

    def DeleteMarkersByColor(self, color: str) -> bool:
        doomed = [f for f, one in self._markers().items() if color in ("All", one["color"])]
        for frame in doomed:
            del self._markers()[frame]
        return bool(doomed)

    def _with_data(self, data: str) -> int | None:
        hits = (f for f, one in sorted(self._markers().items()) if one["customData"] == data)
        return next(hits, None)


class Coloured(Marked):
    """Something with a clip colour and flags."""

    def _target(self) -> Any:
        raise NotImplementedError

    def GetClipColor(self) -> str:
        return str(self._target().colour)

    def SetClipColor(self, colorName: str) -> bool:
        """True on generators too, where it does nothing (facts 8)."""
        if colorName not in CLIP_COLOURS:
            return False
        if getattr(self._target(), "kind", "") != "generator":
            self._target().colour = colorName
        return True

    def ClearClipColor(self) -> bool:
        self._target().colour = ""
        return True

    def AddFlag(self, color: str) -> bool:
        if color not in MARKER_COLOURS:
            return False
        if color not in self._target().flags:
            self._target().flags.append(color)
        return True

    def GetFlagList(self) -> list[str]:
        return list(self._target().flags)

    def ClearFlags(self, color: str) -> bool:
        kept = [one for one in self._target().flags if color not in ("All", one)]
        self._target().flags[:] = kept
        return True


class InOut(Handle):
    """Something with in and out marks, relative frames (facts 3)."""

    def _marks(self) -> dict[str, tuple[int, int]]:
        raise NotImplementedError

    def GetMarkInOut(self) -> dict[str, dict[str, int]]:
        return {kind: {"in": first, "out": last} for kind, (first, last) in self._marks().items()}

    def SetMarkInOut(self, mark_in: int, mark_out: int, type: str = "all") -> bool:
        if mark_out < mark_in or type not in ("video", "audio", "all"):
            return False
        for kind in ("video", "audio") if type == "all" else (type,):
            self._marks()[kind] = (int(mark_in), int(mark_out))
        return True

    def ClearMarkInOut(self, type: str = "all") -> bool:
        for kind in ("video", "audio") if type == "all" else (type,):
            self._marks().pop(kind, None)
        return True
