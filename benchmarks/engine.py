"""How the engine bears its windows: many that poll, some that play, and a kill in between.

    python -m benchmarks.engine [--seconds 60] [--clients 50] [--players 5]

One project with 8 takes of 15 seconds; everything on loopback, in a folder that goes away. Clients
poll twice a second as hosts and pages do: shots, takes, plans that try cells out, news, orders.
Players read proxies by ranges, a quarter of a megabyte ten times a second.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from otio_bridge.client import Engine
from otio_bridge.media import stand_in
from otio_bridge.model import FAILURE_KINDS, Score, Shot, Take
from otio_bridge.project import Project
from otio_bridge.takes import file_sha256

RATE = Fraction(24)
SECONDS = 15
TAKES = 8
HANDLE = 12
POLL_SECONDS = 0.5
PART = 256 * 1024
CLIP = "hug.mov"


def built(folder: Path) -> Path:
    """A timeline of one 15-second clip with 8 judged takes."""
    folder.mkdir(parents=True)
    frames = SECONDS * int(RATE)
    stand_in(folder / CLIP, text=CLIP, frames=frames, rate=RATE, size=(640, 360))
    timeline = folder / "cut.otio"
    timeline.write_text(json.dumps(_timeline(frames)))
    project = Project.opened(folder, create=True)
    from otio_bridge.session import Session

    shot = Session.opened(timeline).placed[0].shot
    project.edit_shot(shot, lambda old: old, new=Shot(id=shot, clip=CLIP, described=True))
    for number in range(1, TAKES + 1):
        _add_take(project, shot, number, frames)
    return timeline


def _timeline(frames: int) -> dict[str, Any]:
    def span(count: int) -> dict[str, Any]:
        time = {"OTIO_SCHEMA": "RationalTime.1", "rate": float(RATE)}
        return {
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": {**time, "value": 0.0},
            "duration": {**time, "value": float(count)},
        }

    media = {"OTIO_SCHEMA": "ExternalReference.1", "target_url": CLIP,
             "available_range": span(frames)}  # fmt: skip
    clip = {"OTIO_SCHEMA": "Clip.2", "name": CLIP, "source_range": span(frames),
            "media_references": {"DEFAULT_MEDIA": media},
            "active_media_reference_key": "DEFAULT_MEDIA"}  # fmt: skip
    track = {"OTIO_SCHEMA": "Track.1", "name": "V1", "kind": "Video", "children": [clip]}
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [track]}
    return {"OTIO_SCHEMA": "Timeline.1", "name": "cut", "tracks": stack}


def _add_take(project: Project, shot: str, number: int, frames: int) -> None:
    chance = random.Random(number)
    name = f"t{number:02}"
    path = project.take_path(shot, name, "bench-1")
    path.parent.mkdir(parents=True, exist_ok=True)
    total = frames + 2 * HANDLE
    stand_in(path, text=name, frames=total, rate=RATE, size=(640, 360))
    seconds = [chance.random() for _ in range(SECONDS + 2)]
    held = tuple(seconds[n // int(RATE)] for n in range(total))
    score = Score(
        scorer="bench", frames=total, rate="24/1", held=held,
        failures={kind: tuple(1 - h for h in held) for kind in FAILURE_KINDS},
    )  # fmt: skip
    take = Take(
        id=name, shot=shot, provider="offline", model="bench-1", seed=number,
        media=project.relative(path), frames=total, rate="24/1", slot_start=-HANDLE,
        media_start=-HANDLE, slot_frames=frames, sha256=file_sha256(path), size=(640, 360),
    )  # fmt: skip
    project.add_take(take, score)


@dataclass
class Tally:
    """What one run saw."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    read: int = 0
    """Bytes of media."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, what: str, seconds: float) -> None:
        with self.lock:
            self.seconds.setdefault(what, []).append(seconds)

    def failed(self, what: str) -> None:
        with self.lock:
            self.errors.append(what)


class Line:
    """One window's lasting connection."""

    def __init__(self, engine: Engine, tally: Tally) -> None:
        self._tally = tally
        self._headers = {"Authorization": f"Bearer {engine._token}"}
        self._line = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=300)
        self._tags: dict[str, str] = {}

    def call(self, what: str, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        began = time.perf_counter()
        known = {**self._headers, **headers}
        if path in self._tags:
            known["If-None-Match"] = self._tags[path]
        content = None if body is None else json.dumps(body)
        if content is not None:
            known["Content-Type"] = "application/json"
        self._line.request(method, path, content, known)
        answer = self._line.getresponse()
        text = answer.read()
        if answer.getheader("etag") and answer.status == 200:
            self._tags[path] = answer.getheader("etag", "")
        self._tally.took(what, time.perf_counter() - began)
        if answer.status >= 400:
            self._tally.failed(f"{what}: {answer.status} {text[:200]!r}")
        return text


def polling(line: Line, at: str, chance: random.Random) -> None:
    """Ask once for what a window asks for."""
    cell = {"take": f"t{chance.randint(1, TAKES):02}", "second": chance.randrange(SECONDS)}
    asks: list[Callable[[], object]] = [
        lambda: line.call("shots", "GET", f"{at}/shots"),
        lambda: line.call("takes", "GET", f"{at}/shots/{CLIP}/takes"),
        lambda: line.call("plan", "POST", f"{at}/shots/{CLIP}/plan", {"keep": [cell]}),
        lambda: line.call("news", "GET", f"/v1/news?after={int(time.time() * 1000) - 5000}"),
        lambda: line.call("orders", "GET", f"{at}/orders"),
        lambda: line.call("claim", "POST", f"{at}/edits/claim", {"host": "bench"}),
    ]
    chance.choices(asks, weights=(4, 2, 1, 4, 2, 1))[0]()


def played(line: Line, at: str, take: str, tally: Tally, stop: threading.Event) -> None:
    """Read one proxy from its beginning to its end, as a player does."""
    start, path = 0, f"{at}/shots/{CLIP}/proxy/{take}"
    while not stop.wait(0.1):
        part = line.call("media", "GET", path, None, Range=f"bytes={start}-{start + PART - 1}")
        tally.read += len(part)
        start += len(part)
        if len(part) < PART:
            return


def windows(
    engine: Engine, at: str, tally: Tally, stop: threading.Event, clients: int, players: int
) -> list[threading.Thread]:
    """Start all windows."""

    def client(number: int) -> None:
        chance, line = random.Random(number), Line(engine, tally)
        time.sleep(chance.random() * POLL_SECONDS)
        while not stop.wait(POLL_SECONDS):
            _guarded(lambda: polling(line, at, chance), tally, stop)

    def player(number: int) -> None:
        line = Line(engine, tally)
        take = f"t{number % TAKES + 1:02}"
        while not stop.is_set():
            _guarded(lambda: played(line, at, take, tally, stop), tally, stop)

    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(clients)]
    threads += [threading.Thread(target=player, args=(n,), daemon=True) for n in range(players)]
    for thread in threads:
        thread.start()
    return threads


def _guarded(ask: Callable[[], object], tally: Tally, stop: threading.Event) -> None:
    try:
        ask()
    except (OSError, http.client.HTTPException) as error:
        if not stop.is_set():
            tally.failed(f"{type(error).__name__}: {error}")
            stop.wait(0.2)


def started() -> tuple[subprocess.Popen[bytes], Engine]:
    """Start an engine process and wait for it."""
    process = subprocess.Popen([sys.executable, "-m", "otio_bridge.engine"])
    while (engine := Engine.found()) is None or engine.pid != process.pid:
        assert process.poll() is None, "the engine ended"
        time.sleep(0.05)
    return process, engine


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes; Linux only, else 0."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process used; Linux only, else 0."""
    file = Path(f"/proc/{pid}/stat")
    if not file.exists():
        return 0.0
    parts = file.read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def loaded(engine: Engine, at: str, seconds: float, clients: int, players: int) -> Tally:
    """Run all windows for a while and say what they saw."""
    tally, stop = Tally(), threading.Event()
    threads = windows(engine, at, tally, stop, clients, players)
    began, sizes, used = time.monotonic(), [], cpu_seconds(engine.pid)
    while time.monotonic() - began < seconds:
        time.sleep(min(5.0, seconds / 4))
        sizes.append(memory_mb(engine.pid))
    stop.set()
    for thread in threads:
        thread.join(30)
    used = cpu_seconds(engine.pid) - used
    calls = sum(map(len, tally.seconds.values()))
    print(
        f"engine: {used:.1f} s of CPU, {used / calls * 1e3:.1f} ms a call; load {os.getloadavg()}"
    )
    print("memory every 5 s, MB: " + " ".join(f"{size:.0f}" for size in sizes))
    return tally


def told(tally: Tally, seconds: float) -> None:
    """Print one line per kind of call."""
    print(f"{'call':8} {'count':>7} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    rows = dict(tally.seconds)
    rows["all JSON"] = [s for what, many in rows.items() if what != "media" for s in many]
    for what, many in sorted(rows.items()):
        many.sort()
        p50, p99 = many[len(many) // 2], many[int(len(many) * 0.99)]
        print(f"{what:8} {len(many):7} {p50 * 1e3:8.1f} {p99 * 1e3:8.1f} {many[-1] * 1e3:8.1f}")
    print(f"media {tally.read / 2**20 / seconds:.1f} MB/s, {len(tally.errors)} errors")
    for error in tally.errors[:5]:
        print("  ", error)


def killed(process: subprocess.Popen[bytes], engine: Engine, at: str) -> None:
    """Kill the engine under load, start it again, and look whether anything is lost."""
    tally, stop = Tally(), threading.Event()
    windows(engine, at, tally, stop, 50, 5)
    engine.post(f"{at}/edits/claim", {"host": "a host"})
    kept, edits = [], []
    for second in range(SECONDS):
        mark = {"take": "t01", "second": second, "mark": ("held", "failed")[second % 2]}
        engine.post(f"{at}/shots/{CLIP}/marks", {"marks": [mark]})
        kept.append(mark["mark"])
        wish = {"kind": "use", "shot": CLIP, "take": "t02", "via": "host"}
        edits.append(engine.post(f"{at}/edits", wish)["id"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    stop.set()
    process, engine = started()
    takes = engine.get(f"{at}/shots/{CLIP}/takes")["takes"]
    assert [cell["verdict"] for cell in takes[0]["seconds"]] == kept, "a mark was lost"
    found = [edit["id"] for edit in engine.get(f"{at}/edits")["edits"]]
    assert [one for one in found if one in edits] == edits, "an edit was lost"
    process.terminate()
    process.wait(20)
    print(f"killed under load and started again: {len(kept)} marks and {len(edits)} edits kept")


def main() -> None:
    """Build, load, kill, tell."""
    words = argparse.ArgumentParser()
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--clients", type=int, default=50)
    words.add_argument("--players", type=int, default=5)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OTIO_BRIDGE_DATA_DIR"] = str(Path(folder) / "data")
        timeline = built(Path(folder) / "film")
        process, engine = started()
        try:
            opened = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
            at = f"/v1/timelines/{opened}"
            warm = Line(engine, Tally())
            warm.call("takes", "GET", f"{at}/shots/{CLIP}/takes")
            for take in range(1, TAKES + 1):
                warm.call("media", "GET", f"{at}/shots/{CLIP}/proxy/t{take:02}")
            alone = Tally()
            line = Line(engine, alone)
            for second in range(SECONDS):
                keep = {"keep": [{"take": f"t{second % TAKES + 1:02}", "second": second}]}
                line.call("plan", "POST", f"{at}/shots/{CLIP}/plan", keep)
            print("one window alone, a plan with one cell kept:")
            told(alone, 1)
            print(f"{given.clients} windows and {given.players} players, {given.seconds:g} s:")
            told(loaded(engine, at, given.seconds, given.clients, given.players), given.seconds)
            killed(process, engine, at)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
