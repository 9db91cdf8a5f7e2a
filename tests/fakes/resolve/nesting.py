"""Nested items: compound, multicam and Fusion clips made of items on the tracks."""

from __future__ import annotations

from .model import Item, Media, ProjectModel, Sequence


def nested(
    project: ProjectModel, sequence: Sequence, items: list[Item], name: str, kind: str
) -> Item | None:
    """Put one item in the place of some, on the lowest of their tracks; its inside starts at 0.

    None when that place is not free without them, or when a transition is among them.
    """
    first = min(one.start for one in items)
    end = max(one.end for one in items)
    places = [place for place in map(sequence.place_of, items) if place is not None]
    sort = "video" if any(where == "video" for where, _ in places) else "audio"
    target = sequence.tracks[sort][min(index for where, index in places if where == sort) - 1]
    others = [one for one in target.clips() if one not in items]
    in_the_way = any(one.start < end and first < one.end for one in others)
    if in_the_way or any(one.kind == "transition" for one in items):
        return None
    inner = Sequence(name, sequence.rate, 0)
    for item, (where, index) in zip(items, places, strict=True):
        sequence.remove(item)
        while len(inner.tracks[where]) < index:
            inner.add_track(where, "stereo" if where == "audio" else "")
        item.start -= first
        inner.tracks[where][index - 1].put(item)
    media = Media(name, kind, sequence.rate, end - first, sequence=inner, audio=True)
    project.folder.clips.append(media)
    made = Item(sort, name, first, end - first, media)
    target.put(made)
    return made
