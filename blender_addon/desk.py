# SPDX-License-Identifier: GPL-3.0-or-later
"""What this Blender knows of the engine: the posted timeline, its shots, takes, orders and edits.

Waiting happens in threads, which touch no bpy; their results are drained by `pump` on Blender's
own thread. One desk a scene that was posted.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .client import Engine, EngineError
from .engine_process import started

TAKES = "regenerate"
"""Address under a timeline at which takes are ordered."""
HOST = f"blender {os.getpid()}"
EDIT_WAIT = 2.0
LOOK_SECONDS = 0.5
Json = dict[str, Any]
Then = Callable[[Any], None]


@dataclass
class Posted:
    """A scene as it was last sent: which strip is which clip of the engine."""

    folder: str
    name: str
    timeline: Json
    names: dict[tuple[str, int], str]
    """Clip name and record start (frames) of every slot: name of its first strip."""


@dataclass
class Desk:
    """One scene's conversation with the engine."""

    scene: str
    """Name of the scene."""
    cut: str = ""
    """Address of the posted timeline; "" before the first post."""
    clips: dict[str, str] = field(default_factory=dict)
    """Name of a slot's first strip: id of its clip."""
    shots: dict[str, Json] = field(default_factory=dict)
    """Clip id: its line in the engine's list of shots."""
    takes: dict[str, Json] = field(default_factory=dict)
    """Clip id: its takes, scores and plan."""
    about: dict[str, Json] = field(default_factory=dict)
    """Clip id: what the shot is."""
    order: Json | None = None
    """The order that runs or ran last."""
    price: Json | None = None
    """An order that waits for a person's word: its request with estimate_usd and words."""
    words: str = ""
    """What to say in the panel now."""
    error: str = ""
    edits: queue.Queue[Json] = field(default_factory=queue.Queue)
    """Edits claimed from the engine, to be carried out."""
    told: threading.Event = field(default_factory=threading.Event)
    """Set when the engine heard what became of the edit in hand: only then comes the next."""
    stopped: threading.Event = field(default_factory=threading.Event)
    sent: Posted | None = None

    def clip_of(self, strip_name: str) -> str | None:
        """Return the engine's id of the clip whose slot begins with a strip."""
        return self.clips.get(strip_name)

    def strip_of(self, clip: str) -> str | None:
        """Return the name of the first strip of a clip's slot."""
        return next((name for name, one in self.clips.items() if one == clip), None)


class Line:
    """The thread that waits: one job at a time, results handed back for Blender's own thread."""

    def __init__(self) -> None:
        self.results: queue.Queue[Callable[[], None]] = queue.Queue()
        self._jobs: queue.Queue[tuple[Callable[[], Any], Then, Then] | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self.waiting = 0
        """Jobs that are not answered yet."""

    def ask(self, job: Callable[[], Any], then: Then, failed: Then) -> None:
        """Do a job in the thread, then hand its result or its error's text to Blender's thread."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="otio-bridge", daemon=True)
            self._thread.start()
        self.waiting += 1
        self._jobs.put((job, then, failed))

    def drain(self) -> int:
        """Hand out what has come back, on Blender's own thread; returns how much it was."""
        count = 0
        while True:
            try:
                result = self.results.get_nowait()
            except queue.Empty:
                return count
            self.waiting -= 1
            count += 1
            try:
                result()
            except Exception as error:  # the timer must go on
                for one in desks():
                    one.error = f"{type(error).__name__}: {error}; please report it."

    def _work(self) -> None:
        while (task := self._jobs.get()) is not None:
            job, then, failed = task
            try:
                answer = job()
            except EngineError as error:
                self.results.put(_bound(failed, error))
            except Exception as error:  # a thread must not end in silence
                text = f"{type(error).__name__}: {error}; please report it."
                self.results.put(_bound(failed, EngineError(text)))
            else:
                self.results.put(_bound(then, answer))


def _bound(then: Then, value: Any) -> Callable[[], None]:
    return lambda: then(value)


LINE = Line()
_DESKS: dict[str, Desk] = {}
_START: dict[str, Any] = {}
NOTES: dict[str, str] = {}
"""Words for the preferences, by subject."""


def desk_of(scene_name: str) -> Desk:
    """Return the desk of a scene."""
    return _DESKS.setdefault(scene_name, Desk(scene_name))


def desks() -> list[Desk]:
    """Return all desks that were opened."""
    return list(_DESKS.values())


def start_with(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """Say how the engine is started where none runs; called on Blender's own thread."""
    _START.update(command=command, environment=environment, folder=folder)


def engine() -> Engine:
    """Return the engine, started where none runs; in a thread."""
    return started(**_START)


def close(desk: Desk) -> None:
    """Close one desk, as when its scene got another name; what it claimed is offered again."""
    desk.stopped.set()
    _DESKS.pop(desk.scene, None)


def forget() -> None:
    """Close all desks, as when another file is opened; the engine keeps all work."""
    for one in _DESKS.values():
        one.stopped.set()
    _DESKS.clear()


def post(desk: Desk, posted: Posted) -> str:
    """Send a scene to the engine and learn its shots; in a thread. Returns the cut's address."""
    speaker = engine()
    body = {"folder": posted.folder, "name": posted.name, "host": "blender",
            "timeline": posted.timeline}  # fmt: skip
    cut = f"/v1/timelines/{speaker.post('/v1/timelines/posted', body)['id']}"
    listed = speaker.get(f"{cut}/shots")["shots"]
    desk.shots = {one["id"]: one for one in listed}
    desk.clips = {
        posted.names[key]: one["id"]
        for one in listed
        if (key := (one["clip"], one["record_start"])) in posted.names
    }
    desk.sent = posted
    if desk.cut != cut:
        desk.cut = cut
        threading.Thread(target=_claim, args=(desk, cut), daemon=True).start()
    return cut


def look(desk: Desk, clip: str) -> None:
    """Learn a clip's description and takes; in a thread."""
    speaker, shot = engine(), f"{desk.cut}/shots/{quote(clip, safe='')}"
    desk.about[clip] = speaker.get(shot)["shot"]
    desk.takes[clip] = speaker.get(f"{shot}/takes", seconds=120)


def wish(desk: Desk, edit: Json) -> Json:
    """Queue an edit; the claiming thread brings it back to be carried out here."""
    cut = desk.cut.rsplit("/", 1)[1]
    speaker = engine()
    made: Json = speaker.post(f"/v1/timelines/{cut}/edits", {**edit, "via": "host"}, seconds=120)
    return made


def begin(desk: Desk, way: str, asked: Json) -> Json:
    """Begin an order at an address under the timeline, such as `TAKES`.

    A price that nobody agreed to comes back as an `EngineError` with it.
    """
    order: Json = engine().post(f"{desk.cut}/{way}", asked)
    return order


def cancel(desk: Desk, order: str) -> Json:
    """Stop an order; what was made and paid for stays. In a thread."""
    stopped: Json = engine().post(f"{desk.cut}/orders/{order}/cancel")
    return stopped


def watch(desk: Desk, order: Json, tell: Callable[[Json], None]) -> Json:
    """Poll an order to its end; in a thread of its own."""
    cut = desk.cut.rsplit("/", 1)[1]
    while order["state"] in ("waiting", "running") and not desk.stopped.is_set():
        time.sleep(LOOK_SECONDS)
        try:
            order = engine().order(cut, order["id"])
        except EngineError:  # it was killed: the next look starts it, and it goes on
            continue
        tell(order)
    return order


def _claim(desk: Desk, cut: str) -> None:
    """Bring the edits of any window to this Blender for as long as the desk is open."""
    timeline = cut.rsplit("/", 1)[1]
    while not desk.stopped.is_set() and desk.cut == cut:
        try:
            edit = engine().next_edit(timeline, HOST, wait_seconds=EDIT_WAIT, lease_seconds=120)
        except EngineError:
            time.sleep(EDIT_WAIT)
            continue
        if edit is None:
            continue
        desk.told.clear()
        desk.edits.put(edit)
        while not desk.told.wait(EDIT_WAIT) and not desk.stopped.is_set():
            pass
