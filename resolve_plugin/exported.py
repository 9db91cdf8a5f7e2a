"""Resolve's own OTIO as plain dictionaries: what stands where, and the cut as it was before us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]


def fades_at(timeline: Json, track: int, start: int) -> tuple[int, int]:
    """Return how many frames of a clip's start and end lie under transitions.

    Args:
        timeline: As Resolve exported it.
        track: Number of the video track, from 1.
        start: Record frame of the clip.
    """
    children = _video_tracks(timeline)[track - 1].get("children", ())
    for at, index, _ in _standing(children):
        if at == start:
            before = children[index - 1] if index else {}
            after = children[index + 1] if index + 1 < len(children) else {}
            return _offset(before, "out_offset"), _offset(after, "in_offset")
    return 0, 0


def clip_at(timeline: Json, track: int, start: int) -> Json | None:
    """Return the clip that starts at a record frame of a video track; arguments as `fades_at`."""
    children = _video_tracks(timeline)[track - 1].get("children", ())
    return next((child for at, _, child in _standing(children) if at == start), None)


def as_it_was(
    timeline: Json,
    contact: str,
    off: Sequence[tuple[int, int]],
    takes: Sequence[Json] = (),
    replaced: Sequence[Json] = (),
) -> Json:
    """Return a timeline without our track, with pictures back on and clips instead of takes.

    Args:
        timeline: As Resolve exported it; changed in place.
        contact: Name of our track.
        off: Track number and record start of each clip whose picture we switched off.
        takes: Of each take that we selected in a take selector: `media`, its path; `start`, the
            frame of it that was shown first; `was`, the clip before.
        replaced: Of each clip that pieces stand for: `track`, `clip` (file, record start, source
            start, frames) and `was`, the clip before.
    """
    stack = timeline["tracks"]
    stack["children"] = [one for one in stack["children"] if one.get("name") != contact]
    selected = {one["media"]: one for one in takes if one["was"] is not None}
    for one in replaced:
        _put_in(_video_tracks(timeline)[one["track"] - 1]["children"], one)
    for number, track in enumerate(_video_tracks(timeline), 1):
        for at, _, child in _standing(track.get("children", ())):
            if (number, at) in off:
                child["enabled"] = True
            known = selected.get(_media_of(child))
            if known is not None:
                _put_back(child, known)
    return timeline


def _put_in(children: list[Json], known: Json) -> None:
    """Put a clip in the place of its pieces, where they still fill it exactly."""
    _, start, _, frames = known["clip"]
    inside = [(at, index) for at, index, _ in _standing(children) if start <= at < start + frames]
    if not inside or inside[0][0] != start:
        return
    first, last = inside[0][1], inside[-1][1]
    lengths = [
        round(one["source_range"]["duration"]["value"]) for one in children[first : last + 1]
    ]
    if sum(lengths) == frames:
        children[first : last + 1] = [known["was"]]


def _put_back(child: Json, known: Json) -> None:
    """Let a clip show its own media again, as far into it as it was trimmed meanwhile."""
    was, now = known["was"], child["source_range"]["start_time"]
    first = _reference(child)["available_range"]["start_time"]["value"]
    moved = now["value"] - first - known["start"]
    start = was["source_range"]["start_time"]
    moved *= start["rate"] / now["rate"]
    length = child["source_range"]["duration"]
    frames = length["value"] * start["rate"] / length["rate"]
    child["source_range"] = {
        **was["source_range"],
        "start_time": {**start, "value": start["value"] + moved},
        "duration": {**length, "rate": start["rate"], "value": frames},
    }
    for key in ("name", "media_references", "active_media_reference_key"):
        child[key] = was[key]


def _standing(children: Sequence[Json]) -> Iterator[tuple[int, int, Json]]:
    """Yield record frame, index and child of all that is neither gap nor transition."""
    at = 0
    for index, child in enumerate(children):
        kind = child["OTIO_SCHEMA"].partition(".")[0]
        if kind == "Transition":
            continue
        if kind != "Gap":
            yield at, index, child
        at += round(child["source_range"]["duration"]["value"])


def _offset(child: Json, name: str) -> int:
    return round(child[name]["value"]) if child.get(name) else 0


def _reference(child: Json) -> Json:
    found: Json = child["media_references"][child["active_media_reference_key"]]
    return found


def _media_of(child: Json) -> str:
    if not child["OTIO_SCHEMA"].startswith("Clip."):
        return ""
    return str(_reference(child).get("target_url", ""))


def _video_tracks(timeline: Json) -> Sequence[Json]:
    tracks = timeline["tracks"]["children"]
    return [one for one in tracks if one.get("kind") == "Video"]
