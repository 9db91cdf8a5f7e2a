"""What the menu's scripts do: read the clip that is meant, ask the engine, carry out its edits.

The script of a menu runs in a process of its own: it may stay, and its threads die with it. So all
is done on one thread, in bursts; waiting is done by the engine.
"""

from __future__ import annotations

import json
import os
import time
import webbrowser
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

try:
    from .client import Engine, EngineError, data_folder  # carried here by `install`
except ImportError:
    from otio_bridge.client import Engine, EngineError, data_folder
from .bins import HostRefused
from .edits import Edits
from .exported import as_it_was, clip_at, fades_at
from .found import seen
from .host import CONTACT, Host
from .nests import new_version
from .record import Record, write_json

Say = Callable[[str], None]
Going = Callable[[], bool]
LOOK_SECONDS = 1.0
Json = dict[str, Any]


class Bridge:
    """One timeline of Resolve, known to the engine."""

    def __init__(
        self, resolve: Any, command: Sequence[str], say: Say = print, going: Going = lambda: True
    ) -> None:
        self.say, self.going = say, going
        self.host = Host(resolve)
        self.engine = Engine.started(command)
        self.about = self.host.about()
        seen(data_folder(), self.about["product"], self.about["version"])
        self.folder = project_folder(self.about)
        self.edits = Edits(self.host, Record(self.folder))
        self.exported: Json = {}
        self.cut = ""
        self.shots: list[Json] = []
        self.name = f"resolve {os.getpid()}"
        self.post()

    def post(self) -> None:
        """Tell the engine what is on the timeline now, as it would be without our track."""
        self.exported = self.host.exported()
        record, timeline = Record(self.folder), self.about["timeline_id"]
        off = [tuple(one["at"]) for one in record.clips(timeline).values() if "at" in one]
        copy = json.loads(json.dumps(self.exported))
        replaced = [one for one in record.clips(timeline).values() if one.get("was")]
        plain = as_it_was(copy, CONTACT, off, record.takes(timeline), replaced)
        body = {"folder": str(self.folder), "name": self.about["timeline"][:90] or "timeline",
                "host": "resolve", "timeline": plain}  # fmt: skip
        self.cut = self.engine.post("/v1/timelines/posted", body)["id"]
        self.shots = self.engine.get(f"/v1/timelines/{self.cut}/shots")["shots"]

    def meant(self) -> list[Json]:
        """Return the shots of the clips that the editor means.

        Raises:
            HostRefused: None of them is a shot.
        """
        return self._at(self.host.meant())

    def _at(self, meant: Iterable[tuple[int, int]]) -> list[Json]:
        """Return the shots of the clips on these tracks that start there."""
        places = {(f"V{track}", start) for track, start in meant}
        mended = self._mended(places)
        found = [
            one
            for one in self.shots
            if one["id"] in mended or (one["track"], one["record_start"]) in places
        ]
        if not found:
            raise HostRefused(self.host.why_no_shot((int(t[1:]), start) for t, start in places))
        return found

    def _mended(self, places: set[tuple[str, int]]) -> set[str]:
        """Return the shots whose pieces on our track are meant: they lie above their clips."""
        above = f"V{self.host.contact_track()}"
        known = Record(self.folder).clips(self.about["timeline_id"])
        return {
            clip
            for clip, facts in known.items()
            if any((above, piece[1]) in places for piece in facts["pieces"])
        }

    def regenerate(self) -> None:
        """Order takes of the meant shots, show progress, and offer them as alternates."""
        clips = [one["id"] for one in self.meant()]
        if self._ordered("regenerate", {"clips": clips}):
            for clip in clips:
                self.wish(clip, kind="alternates")

    def cover(self) -> None:
        """Tell the contact of the first meant shot in single-subject shots, in its slot."""
        clip = self.meant()[0]["id"]
        self.engine.next_edit(self.cut, self.name)  # now the engine knows that we are here
        if self._ordered(f"shots/{quote(clip, safe='')}/coverage", {"via": "host"}):
            while (edit := self.engine.next_edit(self.cut, self.name)) is not None:
                self.carry_out(edit)

    def _ordered(self, way: str, asked: Json) -> bool:
        """Place an order and show its progress and what to know of its result.

        Returns:
            Whether it is done; where its price wants a person's word first, the page is opened.

        Raises:
            HostRefused: It failed or was stopped.
        """
        try:
            order = self.engine.post(f"/v1/timelines/{self.cut}/{way}", asked)
        except EngineError as error:
            if error.estimate_usd is None:
                raise
            self.say(f"{error} Agree to it on the review page.")
            self.review()
            return False
        said = ""
        while order["state"] in ("waiting", "running"):
            time.sleep(LOOK_SECONDS)
            order = self.engine.order(self.cut, order["id"])
            if order["words"] != said:
                said = order["words"]
                self.say(said)
        if order["state"] != "done":
            raise HostRefused(order["words"] or f"The order was {order['state']}.")
        for note in order.get("notes") or ():
            self.say(note)
        return True

    def wish(self, clip: str, **edit: Any) -> Json:
        """Queue an edit, carry it out here, and return it as the engine recorded it."""
        self.engine.next_edit(self.cut, self.name)  # now the engine knows that we are here
        body = {**edit, "shot": clip, "via": "host"}
        made = self.engine.post(f"/v1/timelines/{self.cut}/edits", body, seconds=120)
        while True:
            claimed = self.engine.next_edit(self.cut, self.name)
            if claimed is None:
                return dict(self.engine.get(f"/v1/timelines/{self.cut}/edits/{made['id']}"))
            told = self.carry_out(claimed)
            if claimed["id"] == made["id"]:
                return told

    def carry_out(self, edit: Json) -> Json:
        """Carry out one edit and tell the engine what stands there now."""
        slot = edit["shape"]["slot"]
        try:
            track = int(str(slot["track"]).partition("/")[0].removeprefix("V"))
            fades = fades_at(self.exported, track, slot["record_start"])
            was = clip_at(self.exported, track, slot["record_start"])
            found, how = self.edits.carried_out(edit, fades, was)
        except (HostRefused, ValueError) as error:
            self.say(str(error))
            refused: Json = self.engine.read_back(edit, [], False, "", str(error))
            return refused
        self.say(how)
        told: Json = self.engine.read_back(edit, found, True, f"{slot['track']}, {CONTACT}")
        return told

    def pull(self) -> None:
        """Show the next alternate of the first meant shot; the original comes after the last."""
        shot = self.meant()[0]
        known = ["original", *shot["takes"]]
        showing = self.edits.showing(shot["id"])  # what is posted is the cut without us
        at = known.index(showing) if showing in known else 0
        self.wish(shot["id"], kind="use", take=known[(at + 1) % len(known)])

    def splice(self) -> None:
        """Put the best plan of every meant shot in its place."""
        for shot in self.meant():
            self.wish(shot["id"], kind="splice")

    def splice_nested(self) -> None:
        """Put the best plan of every meant shot in its place as one nested timeline."""
        for shot in self.meant():
            self.wish(shot["id"], kind="splice", nested=True)

    def splice_version(self) -> None:
        """Splice in a copy of the timeline, which is open then; this one stays as it is."""
        for shot in self._copied():
            self.wish(shot["id"], kind="splice")

    def splice_in_place(self) -> None:
        """Splice in a copy of the timeline, in the place of the clips themselves.

        Raises:
            HostRefused: It failed; the copy is deleted, and the timeline before is open.
        """
        before = self.host
        shots = self._copied()
        for shot in shots:
            if self.edits.showing(shot["id"]) != "original":
                self.wish(shot["id"], kind="revert")
        self.edits.in_place = True
        told = [self.wish(shot["id"], kind="splice") for shot in shots]
        failed = [one["why"] for one in told if one["state"] != "applied"]
        if failed:
            before.project.SetCurrentTimeline(before.timeline)
            before.pool.DeleteTimelines([self.host.timeline])
            raise HostRefused(
                f"{failed[0]} The copy is deleted again, and your timeline is as it was."
            )

    def _copied(self) -> list[Json]:
        """Go on in a copy of the timeline, and return its meant shots."""
        places = self.host.meant()
        old = self.about["timeline_id"]
        new_version(self.host)
        self.host = Host(self.host.resolve)
        self.about = self.host.about()
        Record(self.folder).copied(old, self.about["timeline_id"])
        self.edits = Edits(self.host, Record(self.folder))
        self.post()
        self.say(f"'{self.about['timeline']}' is a copy; the timeline before it is as it was.")
        return self._at(places)

    def revert(self) -> None:
        """Put every meant shot back as it was."""
        for shot in self.meant():
            self.wish(shot["id"], kind="revert")

    def review(self) -> None:
        """Open the review page on the first meant shot."""
        shot = quote(self.meant()[0]["id"], safe="")
        url = self.engine.page_address(f"/review?timeline={self.cut}&shot={shot}")
        if not webbrowser.open(url):
            self.say(f"Open this address within a minute: {url}")

    def stay(self) -> None:
        """Carry out the edits of every window until this script is stopped or Resolve quits."""
        self.say("OTIO Bridge listens; edits from the review page come to this timeline.")
        while self.going() and self.host.resolve.GetProjectManager() is not None:
            edit = self.engine.next_edit(self.cut, self.name, wait_seconds=2)
            if edit is not None:
                self.carry_out(edit)
                self.post()


def project_folder(about: dict[str, str]) -> Path:
    """Return the folder of a Resolve project's takes: chosen once, kept by the project's id."""
    book = data_folder() / "resolve_projects.json"
    try:
        known = json.loads(book.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    key = about["project_id"] or about["project"]
    if key not in known:
        plain = "".join(c if c.isalnum() or c in " -_" else "_" for c in about["project"]).strip()
        known[key] = str(Path.home() / "OTIO Bridge" / f"{plain or 'project'}-{key[:8]}")
        write_json(book, known)
    folder = Path(known[key])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


ACTIONS: dict[str, Callable[[Bridge], None]] = {
    "OTIO Bridge": Bridge.stay,
    "Regenerate Contact Shot": Bridge.regenerate,
    "Review Takes": Bridge.review,
    "Pull Alternate": Bridge.pull,
    "Splice Seconds": Bridge.splice,
    "Splice Seconds as Nested Timeline": Bridge.splice_nested,
    "Splice Seconds in New Version": Bridge.splice_version,
    "Splice Seconds in Place, New Version": Bridge.splice_in_place,
    "Break Coverage": Bridge.cover,
    "Revert": Bridge.revert,
}
"""The menu's entries."""


def main(
    action: str,
    resolve: Any,
    command: Sequence[str],
    say: Say = print,
    going: Going = lambda: True,
) -> int:
    """Do one entry of the menu; what goes wrong is one sentence in the console."""
    if resolve is None:
        say("Start this from Workspace > Scripts inside DaVinci Resolve.")
        return 1
    try:
        ACTIONS[action](Bridge(resolve, command, say, going))
    except (HostRefused, EngineError) as error:
        say(f"OTIO Bridge: {error}")
        return 1
    return 0
