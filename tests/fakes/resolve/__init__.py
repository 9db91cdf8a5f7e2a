"""A DaVinci Resolve that misbehaves exactly as the facts say the real one does.

    fake = FakeResolve(Knobs(end_frame_inclusive=True), tmp_path, rate="24/1")
    fake = FakeResolve(AS_MEASURED["21.1.2.10"], tmp_path)      everything the facts say of a build

In (facts 2): `fake.app()` is the `resolve` object; `fake.menu()` the globals of a menu script ({}
where the edition lists none); `fake.scriptapp("Resolve")` the way from outside (None where free
refuses). From there on only the documented methods of facts 3, each from its build on.

Material and the person at the program, in frames from the timeline's start:
    a = fake.film("a.mov", 120, "25/1", timecode="10:00:00:00", audio=True)     real numbered frames
    fake.editor.timeline("Cut", start=0)          the current timeline: V1, A1; start: one hour
    item = fake.editor.place(a, at=0, start=24, frames=48, track=1, speed=2, with_audio=True)
    .transition(at=48) .generator(at, frames) .title(at, frames) .adjustment(at, frames)
    .compound([item]) .multicam([item]) .lock("video", 2) .select(item) .playhead(10)
    later: .move .trim .slip .split .duplicate .remove .relink
`item` is the truth (`.grade[1]`, `.properties`, `.colour`, `.markers`); a handle of it is
`fake.item(fake.find(), item)`.

The truth, never touched by a knob:
    fake.truth()          (track, start, duration, kind, name, media, left, speed, enabled, takes,
                          selected_take, colour, flags, properties, grade, markers, linked, offsets)
    fake.tracks()         (kind, number, name, subtype, enabled, locked)
    fake.shown(0, 48)     (path, source frame) of the picture at each frame, nested ones resolved
    fake.desk()           (page, timeline, playhead, marks, folder, timelines)
    fake.pool()           (bin, name, type, path)
    fake.calls            every call made, (class, method, arguments); fake.threads who made them
    fake.modal, fake.dismiss_modal(), fake.quit()

`FACTS` names each knob's fact, `UNVERIFIED` the knobs that nobody measured, `ASSUMED` what the
facts leave open and a running fake must decide. Handles take positional arguments only.
"""

from .app import Fusion, MediaStorage, Project, ProjectManager, Resolve
from .fake import FakeResolve
from .gallery import Gallery, GalleryStill, GalleryStillAlbum
from .handle import Handle, surface
from .item import DEFAULTS, Graph, TimelineItem
from .knobs import AS_MEASURED, ASSUMED, FACTS, UNVERIFIED, Knobs
from .pool import Folder, MediaPool, MediaPoolItem
from .probe import number_in
from .timeline import Timeline
from .truth import Desk, Lane, Placed

CLASSES: dict[str, type[Handle]] = {
    one.__name__: one
    for one in (
        Resolve, Fusion, ProjectManager, Project, MediaStorage, MediaPool, Folder, MediaPoolItem,
        Timeline, TimelineItem, Graph, Gallery, GalleryStillAlbum, GalleryStill,
    )
}  # fmt: skip
"""Scripting class name -> the class that stands for it."""

__all__ = [
    "ASSUMED", "AS_MEASURED", "CLASSES", "DEFAULTS", "FACTS", "UNVERIFIED", "Desk", "FakeResolve",
    "Folder", "Fusion", "Graph", "Handle", "Knobs", "Lane", "MediaPool", "MediaPoolItem",
    "MediaStorage", "Placed", "Project", "ProjectManager", "Resolve", "Timeline", "TimelineItem",
    "number_in", "surface",
]  # fmt: skip
