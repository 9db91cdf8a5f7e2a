"""The worker: kills at random moments, faults of every kind, many jobs, two processes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.errors import JournalError, ProjectHeld, ProviderError, Refused
from otio_bridge.files import PARTIAL
from otio_bridge.job_events import Event
from otio_bridge.journal import Journal
from otio_bridge.model import Reference, Request
from otio_bridge.project import Project
from otio_bridge.provider import Limits, Look, Progress, Provider
from otio_bridge.worker import JobProgress, Worker, worker_lock

needs_fork = pytest.mark.skipif(os.name == "nt", reason="uses fork and SIGKILL")


def a_request(job_id: str, **changes: object) -> Request:
    facts = dict(
        id=job_id, shot="s1", take="t01", provider="studio", model="m", prompt="a hug", seed=1,
        slot_start=-12, frames=48, slot_frames=24, rate="24/1", size=(640, 360), estimate_usd=0.5,
    )  # fmt: skip
    return Request.model_validate(facts | changes)


def content_of(job_id: str) -> bytes:
    return hashlib.sha256(job_id.encode()).digest() * 600


@dataclass
class Studio:
    """A real generator in a folder: it notes each submit on the disk before it answers."""

    home: Path
    pause: float = 0.0
    """Seconds between taking a request and answering, and in the middle of each fetch."""
    name: str = "studio"
    account: str = "key-1f"
    limits: Limits = field(default_factory=lambda: Limits(models=("m",)))

    @property
    def submits(self) -> list[str]:
        log = self.home / "submits.log"
        return log.read_text().split() if log.exists() else []

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        time.sleep(self.pause)
        with (self.home / "submits.log").open("a") as log:
            log.write(f"{request.id}\n")
            log.flush()
            os.fsync(log.fileno())
        time.sleep(self.pause)
        return f"remote-{request.id}"

    def look(self, remote_id: str) -> Look:
        assert remote_id.removeprefix("remote-") in self.submits
        return Look("ready", 1.0, paid_usd=0.25)

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        content = content_of(remote_id.removeprefix("remote-"))
        with into.open("xb") as file:
            file.write(content[:9000])
            file.flush()
            time.sleep(self.pause)
            file.write(content[9000:])
        into.with_suffix(".truth.json").write_text(json.dumps({"of": remote_id}))

    def cancel(self, remote_id: str) -> None:
        pass


class ListingStudio(Studio):
    """One that can be asked for what it has."""

    def reconcile(self, request: Request) -> str | None:
        return f"remote-{request.id}" if request.id in self.submits else None


@pytest.fixture(autouse=True)
def data_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.opened(tmp_path / "edit", create=True)


@pytest.fixture
def journal(project: Project) -> Iterator[Journal]:
    with Journal.opened(project) as opened:
        yield opened


def a_worker(journal: Journal, provider: Provider) -> Worker:
    return Worker(journal.project, journal, lambda name: provider)


# the plain road -----------------------------------------------------------------------------------


def test_a_job_is_fetched_step_by_step(journal: Journal, tmp_path: Path) -> None:
    journal.plan(a_request("j1"))
    worker = a_worker(journal, Studio(tmp_path))
    news: list[JobProgress] = []
    states = []
    while worker.tick(news.append):
        states.append(journal.job("j1").state)
    assert states == ["submitted", "ready", "fetched"]
    job = journal.job("j1")
    assert job.media == "raw/j1.mp4" and job.paid_usd == 0.25 and job.account == "key-1f"
    media = journal.project.path(job.media)
    assert media.read_bytes() == content_of("j1")
    assert job.sha256 == hashlib.sha256(content_of("j1")).hexdigest()
    assert json.loads(media.with_suffix(".truth.json").read_text()) == {"of": "remote-j1"}
    assert not list(media.parent.glob(f"{PARTIAL}*"))
    assert [one.state for one in news] == ["submitting", "submitted", "ready", "fetched"]
    assert not worker.tick()


def test_what_was_fetched_before_a_crash_is_not_fetched_again(
    journal: Journal, tmp_path: Path
) -> None:
    journal.plan(a_request("j1"))
    worker = a_worker(journal, Studio(tmp_path))
    worker.tick()
    worker.tick()
    raw = journal.project.folder / "raw"
    (raw / f"{PARTIAL}j1").mkdir(parents=True)
    (raw / f"{PARTIAL}j1" / "j1.mp4").write_bytes(b"half a download")
    (raw / "j1.mp4").write_bytes(b"whole")
    worker.tick()
    assert journal.job("j1").sha256 == hashlib.sha256(b"whole").hexdigest()


def test_pictures_go_along_and_a_missing_one_stops_the_job_unpaid(
    journal: Journal, tmp_path: Path
) -> None:
    studio = Studio(tmp_path)
    ada = Reference(name="Ada", images=("references/character/Ada.png",))
    journal.plan(a_request("j1", references=(ada,), first_frame="raw/last.png"))
    a_worker(journal, studio).tick()
    job = journal.job("j1")
    assert job.state == "failed" and job.why.startswith("Not sent: Picture references/")
    assert studio.submits == []


def test_a_copy_elsewhere_does_not_send_what_was_planned_here(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.opened(project) as journal:
        journal.plan(a_request("j1"))
    copy = Project.opened(shutil.copytree(project.root, tmp_path / "copy"))
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "other machine"))
    studio = Studio(tmp_path)
    with Journal.opened(copy) as journal:
        assert a_worker(journal, studio).run(["j1"])[0].state == "cancelled"
    assert studio.submits == []


def test_cancelling(journal: Journal, tmp_path: Path) -> None:
    class Stopping(Studio):
        stopped: tuple[str, ...] = ()

        def cancel(self, remote_id: str) -> None:
            self.stopped += (remote_id,)

        def look(self, remote_id: str) -> Look:
            return Look("cancelled" if remote_id in self.stopped else "running", paid_usd=0.1)

    worker = a_worker(journal, Stopping(tmp_path))
    journal.plan(a_request("sent"))
    worker.tick()
    journal.plan(a_request("planned"))
    assert worker.cancel("planned").state == "cancelled"
    assert worker.cancel("sent").state == "submitted"
    assert worker.run(["sent"], poll_seconds=0)[0].state == "cancelled"
    assert journal.spent() == pytest.approx(0.1)
    journal.plan(a_request("lost"))
    journal.submitting("lost")
    journal.unknown("lost", "?")
    with pytest.raises(JournalError, match="may have been paid"):
        worker.cancel("lost")


# faults -------------------------------------------------------------------------------------------


@dataclass
class Faulty(Studio):
    """One that goes wrong as told, each fault once, in order."""

    faults: dict[str, list[str]] = field(default_factory=dict)

    def _next(self, verb: str) -> None:
        left = self.faults.get(verb, [])
        kind = left.pop(0) if left else "fine"
        errors: dict[str, Exception] = {
            "refused": Refused("A face is not allowed; use a drawn one."),
            "declined": ProviderError("Studio has no credit; top up the account."),
            "broken": ConnectionError("https://studio/?key=sk-secret"),
        }
        if kind in errors:
            raise errors[kind]

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        remote_id = super().submit(request, files)
        self._next("submit")
        return remote_id

    def look(self, remote_id: str) -> Look:
        kind = (self.faults.get("look") or [""])[0]
        self._next("look")
        if kind == "running":
            return Look("running", 0.5)
        if kind == "said refused":
            return Look("refused", why="A face is not allowed.", paid_usd=0.1)
        if kind == "said failed":
            return Look("failed", why="It broke.")
        return super().look(remote_id)

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        kind = (self.faults.get("fetch") or [""])[0]
        super().fetch(remote_id, into, progress)
        if kind == "empty":
            into.write_bytes(b"")
        self._next("fetch")


def expected_end(submit: list[str], looks: list[str], fetches: list[str]) -> str:
    first = submit[0] if submit else ""
    if first in ("refused", "declined", "broken"):
        return {"refused": "refused", "declined": "failed", "broken": "unknown"}[first]
    for kind in looks:
        if kind in ("refused", "said refused"):
            return "refused"
        if kind == "said failed":
            return "failed"
    return "failed" if "refused" in fetches else "fetched"


@given(
    submit=st.lists(st.sampled_from(["refused", "declined", "broken"]), max_size=1),
    looks=st.lists(
        st.sampled_from(
            ["running", "declined", "broken", "refused", "said refused", "said failed"]
        ),
        max_size=4,
    ),
    fetches=st.lists(st.sampled_from(["empty", "broken", "declined", "refused"]), max_size=3),
    restarts=st.sets(st.integers(0, 12)),
)
@settings(max_examples=40, deadline=None)
def test_every_fault_ends_in_its_state(
    submit: list[str], looks: list[str], fetches: list[str], restarts: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", home + "/data")
        faults = {"submit": list(submit), "look": list(looks), "fetch": list(fetches)}
        studio = Faulty(Path(home), faults=faults)
        journal = Journal.opened(project := Project.opened(home, create=True))
        journal.plan(a_request("j1"))
        worker = a_worker(journal, studio)
        for count in range(14):
            worker.tick()
            if count in restarts:
                journal.close()
                journal = Journal.opened(project)
                worker = a_worker(journal, studio)
        job = journal.job("j1")
        text = "".join(file.read_text("latin-1") for file in Path(home).rglob("*.jsonl"))
        journal.close()
    assert job.state == expected_end(submit, looks, fetches)
    assert studio.submits == [] or Counter(studio.submits) == {"j1": 1}
    assert "sk-secret" not in text


def test_a_provider_that_is_gone_leaves_the_others_moving(journal: Journal, tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    gone = ""

    def find(name: str) -> Provider:
        if name == gone:
            raise ProviderError(f"There is no provider '{name}'.")
        return studio

    journal.plan(a_request("a", provider="one"))
    Worker(journal.project, journal, find).tick()
    gone = "one"
    journal.plan(a_request("b", provider="two"))
    journal.plan(a_request("c", provider="one"))
    worker = Worker(journal.project, journal, find)
    for _ in range(5):
        worker.tick()
    assert [job.state for job in journal.jobs()] == ["submitted", "fetched", "failed"]
    assert journal.job("c").why == "Not sent: There is no provider 'one'."


def test_run_does_not_wait_for_ever_and_a_later_run_goes_on(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otio_bridge.worker.PATIENCE", 0.05)
    studio = Faulty(tmp_path, faults={"fetch": ["broken"] * 1000})
    journal.plan(a_request("j1"))
    worker = a_worker(journal, studio)
    news: list[JobProgress] = []
    assert worker.run(["j1"], news.append, poll_seconds=0.01)[0].state == "ready"
    assert news[-1].words == "studio could not be asked, trying again later: ConnectionError"
    studio.faults.clear()
    assert worker.run(["j1"], poll_seconds=0.01)[0].state == "fetched"


def test_an_id_that_cannot_be_noted_is_told(journal: Journal, tmp_path: Path) -> None:
    class Evicted(Studio):
        def submit(self, request: Request, files: Mapping[str, Path]) -> str:
            holder = journal.project.folder / "holder.json"
            facts = json.loads(holder.read_text())
            holder.write_text(json.dumps({**facts, "user": "mira", "host": "grading-2"}))
            return super().submit(request, files)

    journal.plan(a_request("j1"))
    with pytest.raises(JournalError, match="took job j1 as 'remote-j1'"):
        a_worker(journal, Evicted(tmp_path)).tick()
    with pytest.raises(ProjectHeld):
        a_worker(journal, Studio(tmp_path)).tick()
    (journal.project.folder / "holder.json").unlink()
    assert a_worker(journal, Studio(tmp_path)).run(["j1"], poll_seconds=0)[0].state == "unknown"
    journal.resolve("j1", "remote-j1")
    assert a_worker(journal, Studio(tmp_path)).run(["j1"], poll_seconds=0)[0].state == "fetched"


# killed -------------------------------------------------------------------------------------------

FORK = multiprocessing.get_context("fork") if os.name != "nt" else None


def in_a_process(target: Callable[..., None], *words: object) -> multiprocessing.Process:
    assert FORK is not None
    process = FORK.Process(target=target, args=words)
    process.start()
    return process  # type: ignore[return-value]


def work(root: Path, studio: Studio, jobs: int) -> None:
    """Plan what is not planned yet, and run all to the end."""
    with Project.opened(root, create=True) as project, Journal.opened(project) as journal:
        names = [f"j{number}" for number in range(jobs)]
        known = {job.id for job in journal.jobs()}
        for name in names:
            if name not in known:
                journal.plan(a_request(name))
        a_worker(journal, studio).run(names, poll_seconds=0.001)


def check_all_told(root: Path, studio: Studio, jobs: int) -> Counter[str]:
    """Nothing was sent twice, and nothing that was sent is missing from the journal."""
    assert len(set(studio.submits)) == len(studio.submits)
    with Journal.opened(project := Project.opened(root)) as journal:
        found = journal.jobs()
        assert {job.id for job in found} == {f"j{number}" for number in range(jobs)}
        for job in found:
            assert job.state in ("fetched", "unknown"), job
            if job.state == "fetched":
                assert project.path(job.media or "").read_bytes() == content_of(job.id)
                assert job.sha256 == hashlib.sha256(content_of(job.id)).hexdigest()
                assert job.id in studio.submits
        unknown = [job for job in found if job.state == "unknown"]
        assert journal.estimate_open() == pytest.approx(0.5 * len(unknown))
        return Counter(job.state for job in found)


@needs_fork
@pytest.mark.parametrize("kind", [Studio, ListingStudio])
@pytest.mark.parametrize("least", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_random_moments(kind: type[Studio], least: int, tmp_path: Path) -> None:
    """No request is sent twice, none lost in silence, and none at all where they are listed."""
    chance = random.Random(kind.__name__)
    kills, sent, ends = 0, 0, Counter[str]()
    while kills < least:
        studio = kind(Path(tempfile.mkdtemp(dir=tmp_path)), pause=0.002)
        kills += kills_until_done(studio, chance)
        ends += check_all_told(studio.home / "edit", studio, 8)
        sent += len(studio.submits)
    print(f"{kind.__name__}: {kills} kills, {sent} sent, ends {dict(ends)}")
    if kind is ListingStudio:
        assert ends["unknown"] == sum(ends.values()) - sent


def kills_until_done(studio: Studio, chance: random.Random) -> int:
    """Start the same work again and again, and kill it after a random while until it is done."""
    kills = 0
    while True:
        process = in_a_process(work, studio.home / "edit", studio, 8)
        process.join(chance.uniform(0.005, 0.1 + 0.01 * kills))
        process.kill()
        process.join()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -signal.SIGKILL
        kills += 1


@dataclass
class Suicidal(ListingStudio):
    """Dies at one line, once."""

    line: str = ""

    def _die(self, line: str) -> None:
        if line == self.line and not (done := self.home / "died").exists():
            done.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        self._die("before accepting")
        remote_id = super().submit(request, files)
        self._die("after accepting")
        return remote_id

    def look(self, remote_id: str) -> Look:
        self._die("looking")
        return super().look(remote_id)

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        into.write_bytes(b"half")
        self._die("half fetched")
        into.unlink()
        super().fetch(remote_id, into, progress)
        self._die("fetched")


@needs_fork
@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("before accepting", "unknown"),
        ("after accepting", "fetched"),
        ("looking", "fetched"),
        ("half fetched", "fetched"),
        ("fetched", "fetched"),
    ],
)
def test_killed_at_a_line(line: str, end: str, tmp_path: Path) -> None:
    studio = Suicidal(tmp_path, line=line)
    first = in_a_process(work, tmp_path / "edit", studio, 1)
    first.join()
    assert first.exitcode == -signal.SIGKILL
    second = in_a_process(work, tmp_path / "edit", studio, 1)
    second.join()
    assert second.exitcode == 0
    assert check_all_told(tmp_path / "edit", studio, 1) == {end: 1}


def interrupted(root: Path, studio: Studio, jobs: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" leaves it deaf
    try:
        work(root, studio, jobs)
    except KeyboardInterrupt:
        os._exit(130)


@needs_fork
@pytest.mark.parametrize(("presses", "end"), [(1, "submitted"), (2, "unknown")])
def test_ctrl_c_waits_for_the_record_once(presses: int, end: str, tmp_path: Path) -> None:
    studio = Studio(tmp_path, pause=0.5)
    process = in_a_process(interrupted, tmp_path / "edit", studio, 1)
    while not studio.submits:
        time.sleep(0.01)
    for _ in range(presses):
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.1)
    process.join()
    assert process.exitcode == 130
    with Journal.opened(Project.opened(tmp_path / "edit")) as journal:
        assert journal.job("j0").state == end


# several processes, many jobs ---------------------------------------------------------------------


@needs_fork
def test_two_workers_send_each_job_once(tmp_path: Path) -> None:
    studio = Studio(tmp_path, pause=0.001)
    with Journal.opened(Project.opened(tmp_path / "edit", create=True)) as journal:
        for number in range(20):
            journal.plan(a_request(f"j{number}"))
    runs = [in_a_process(work, tmp_path / "edit", studio, 20) for _ in range(3)]
    for run in runs:
        run.join()
        assert run.exitcode == 0
    assert check_all_told(tmp_path / "edit", studio, 20) == {"fetched": 20}


def hold_lock(inside: Path) -> None:
    with worker_lock() as mine:
        assert mine
        inside.touch()
        time.sleep(60)


@needs_fork
def test_without_the_lock_nothing_is_sent(journal: Journal, tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    journal.plan(a_request("j1"))
    other = in_a_process(hold_lock, tmp_path / "inside")
    while not (tmp_path / "inside").exists():
        time.sleep(0.01)
    news: list[JobProgress] = []
    assert not a_worker(journal, studio).tick(news.append)
    assert studio.submits == []
    assert [one.words for one in news] == ["waiting for another otio-bridge"]
    other.kill()
    other.join()
    assert a_worker(journal, studio).tick()
    assert studio.submits == ["j1"]


@dataclass
class Waiting(Studio):
    """Not done until it is told so."""

    state: Literal["running", "ready"] = "running"

    def look(self, remote_id: str) -> Look:
        return Look(self.state, 0.5)


@pytest.mark.parametrize("state", ["running", pytest.param("ready", marks=pytest.mark.slow)])
def test_a_thousand_open_jobs_tick_in_two_seconds(
    state: Literal["running", "ready"], project: Project, tmp_path: Path
) -> None:
    (project.folder / "jobs").mkdir()
    now = datetime.now(UTC)
    for number in range(1000):
        job = f"j{number}"
        events = (
            Event(job=job, number=0, at=now, state="planned", request=a_request(job)),
            Event(job=job, number=1, at=now, state="submitting"),
            Event(job=job, number=2, at=now, state="submitted", remote_id=f"remote-{job}"),
        )
        lines = [event.model_dump_json(exclude_none=True) + "\n" for event in events]
        (project.folder / "jobs" / f"{job}.jsonl").write_text("".join(lines))
    with Journal.opened(project) as journal:
        worker = a_worker(journal, Waiting(tmp_path, state=state))
        started = time.process_time(), time.perf_counter()
        assert worker.tick() == (state == "ready")
        cpu, wall = time.process_time() - started[0], time.perf_counter() - started[1]
        print(f"1,000 open jobs, all {state}: {cpu:.2f} s CPU, {wall:.2f} s")
        assert cpu < 2
