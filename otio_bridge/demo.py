"""The main job from nothing: a small cut whose hug goes wrong, regenerated and spliced, offline.

`made_sample` builds the sample project alone, for `samples/make_samples.py` and for tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from otio_bridge import pipeline, previz
from otio_bridge.errors import BridgeError
from otio_bridge.files import replacing, telling
from otio_bridge.looks import keep_locked
from otio_bridge.media import write_film
from otio_bridge.model import Noun, Performer, Reference, Request, Role
from otio_bridge.outcome import ShotOutcome
from otio_bridge.project import Project
from otio_bridge.regeneration import Order, Tell
from otio_bridge.reporting import board, preview, report
from otio_bridge.timeline_sample import SampleClip, written_sample

RATE = Fraction(24)
SIZE = (640, 360)
SLOT = 120
"""Frames of the contact shot: five seconds."""
SPARE = 24
"""Frames of media before and after what each clip shows."""
CLIP = "kitchen_hug_02.mp4"
"""A name, of many tried, whose first take breaks plainly: what takes break follows from it."""
PLACE = "kitchen"
PEOPLE = (Performer(name="Mia", side="left"), Performer(name="Tom", side="right"))
CONTACT = (1.0, 4.0)
"""Seconds of the slot in which they hug."""
PROMPT = "Mia and Tom meet in the kitchen and hug."
NEIGHBOURS = {"kitchen_door.mp4": (0.0, 0.35), "kitchen_window.mp4": (0.6, 0.3)}
"""Clips around the hug: where across the still they start and how far they pan."""
PAN = 48
"""Frames a neighbour shows."""


class Demonstration(Noun):
    """What `demo` leaves behind."""

    folder: str
    timeline: str
    before: str
    after: str
    board: str
    report: str
    outcome: ShotOutcome


def demonstrated(folder: Path, tell: Tell) -> Demonstration:
    """Do the main job in a folder that does not exist yet or is empty.

    Raises:
        BridgeError: The folder holds something.
    """
    folder = Path(folder).absolute()
    timeline = made_sample(folder, tell)
    (outcome,) = pipeline.regenerate(timeline, [CLIP], order=Order(takes=4), tell=tell)
    tell("splicing", None)
    before, after = folder / "hug_before.mp4", folder / "hug_after.mp4"
    preview(timeline, CLIP, before, "original")
    pipeline.splice(timeline, CLIP)
    preview(timeline, CLIP, after, None)
    picture = folder / "hug_takes.png"
    board(timeline, CLIP, picture)
    page, _ = report(timeline, folder / "report.html")
    return Demonstration(
        folder=str(folder),
        timeline=str(timeline),
        before=str(before),
        after=str(after),
        board=str(picture),
        report=str(page),
        outcome=outcome,
    )


def made_sample(folder: Path, tell: Tell = pipeline.quiet) -> Path:
    """Make the sample project: three clips, two locked characters, one hug that goes wrong.

    Returns:
        The timeline file.

    Raises:
        BridgeError: The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BridgeError(f"{folder} is not empty; name a folder that does not exist yet.")
    media = folder / "media"
    with telling(folder):
        media.mkdir(parents=True)
    project = Project.opened(folder, create=True)
    tell("drawing the characters", None)
    references = [*(_look(project, "character", one.name) for one in PEOPLE)]
    references.append(_look(project, "location", PLACE))
    for name, (start, way) in NEIGHBOURS.items():
        tell(f"drawing {name}", None)
        frames = _pan(project.path(references[-1].images[0]), start, way)
        write_film(media / name, frames, rate=RATE, size=SIZE)
    request = hug_request(references)
    files = {image: project.path(image) for look in references for image in look.images}
    previz.draw_take(
        request, files, media / CLIP, progress=lambda share: tell(f"drawing {CLIP}", share)
    )
    (media / CLIP).with_suffix(".truth.json").unlink()
    timeline = written_sample(folder / "kitchen.otio", RATE, _clips())
    pipeline.describe(
        timeline,
        CLIP,
        prompt=PROMPT,
        performers=PEOPLE,
        location=PLACE,
        contact=[CONTACT],
        kind="hug",
    )
    return timeline


def _clips() -> list[SampleClip]:
    first, last = NEIGHBOURS
    return [
        SampleClip(f"media/{first}", PAN, PAN + 2 * SPARE, SPARE),
        SampleClip(f"media/{CLIP}", SLOT, SLOT + 2 * SPARE, SPARE, dissolve=8, marker="contact"),
        SampleClip(f"media/{last}", PAN, PAN + 2 * SPARE, SPARE),
    ]


def hug_request(references: list[Reference]) -> Request:
    """Return the request whose take is the sample's footage: one that breaks plainly."""
    start, end = (round(second * RATE) for second in CONTACT)
    request = Request(
        id="sample",
        shot="sample-hug",
        take="t00",
        provider="offline",
        model="previz-1",
        prompt=PROMPT,
        seed=0,
        slot_start=-SPARE,
        frames=SLOT + 2 * SPARE,
        slot_frames=SLOT,
        rate="24/1",
        size=SIZE,
        performers=PEOPLE,
        location=PLACE,
        contact=((start, end),),
        kind="hug",
        references=tuple(references),
    )
    return next(tried for tried in _seeded(request) if _breaks_twice(tried))


def _seeded(request: Request) -> Iterator[Request]:
    seed = 0
    while True:
        seed += 1
        yield request.model_copy(update={"seed": seed})


def _breaks_twice(request: Request) -> bool:
    kinds = {event.kind for event in previz.failures_of(request, "a")}
    return {"limb_misattribution", "identity_swap"} <= kinds


def _look(project: Project, role: Role, name: str) -> Reference:
    """Draw a look and lock it."""
    drawing = {"character": previz.draw_sheet, "location": previz.draw_location}[role]
    path = project.reference_path(role, name, ".png")
    with telling(path), replacing(path) as partial:
        drawing(name, partial)
    origin = "drawn by offline"
    image = project.relative(path)
    return keep_locked(project, Reference(name=name, role=role, images=(image,), origin=origin))


def _pan(still: Path, start: float, way: float) -> Iterator[NDArray[np.uint8]]:
    """Yield frames that move slowly across a still."""
    with Image.open(still) as opened:
        scale = 1.4 * SIZE[1] / opened.height
        wide = max(round(opened.width * scale), round(1.4 * SIZE[0]))
        picture = np.asarray(opened.convert("RGB").resize((wide, round(1.4 * SIZE[1]))))
    top = (picture.shape[0] - SIZE[1]) // 2
    room = picture.shape[1] - SIZE[0]
    for frame in range(PAN + 2 * SPARE):
        share = start + way * frame / (PAN + 2 * SPARE)
        left = round(min(1.0, share) * room)
        yield np.ascontiguousarray(picture[top : top + SIZE[1], left : left + SIZE[0]])
