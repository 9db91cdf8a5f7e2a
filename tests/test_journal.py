"""The journal: legal steps only, nothing lost when it or a sidecar falls behind, money adds up."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from otio_bridge.errors import BridgeError, JournalError, ProjectHeld
from otio_bridge.job_events import FOLLOWING, OPEN_STATES, Event, append_events, read_events
from otio_bridge.journal import Journal, data_folder
from otio_bridge.journal_database import MIGRATIONS
from otio_bridge.model import Job, JobState, Request
from otio_bridge.project import Project

SHA = "ab" * 32
DRAWN = """
    planned: submitting refused failed cancelled
    submitting: submitted refused failed unknown
    submitted: ready refused failed cancelled
    ready: fetched failed cancelled
    unknown: submitted failed cancelled
"""
"""The state machine once more, as drawn on paper."""
LEGAL = {
    line.split(":")[0].strip(): set(line.split(":")[1].split()) for line in DRAWN.split("\n")[1:-1]
}


def a_request(job_id: str = "j1", shot: str = "s1", usd: float = 0.5) -> Request:
    return Request(
        id=job_id, shot=shot, take="t01", provider="ark", model="m", prompt="a hug", seed=1,
        slot_start=-12, frames=48, slot_frames=24, rate="24/1", size=(640, 360), estimate_usd=usd,
    )  # fmt: skip


def advance(journal: Journal, job_id: str, state: str) -> Job:
    """Ask for one step by the verb that belongs to the state."""
    verbs = {
        "submitting": lambda: journal.submitting(job_id, account="key-1f"),
        "submitted": lambda: journal.submitted(job_id, f"remote-{job_id}"),
        "ready": lambda: journal.ready(job_id, 0.4),
        "fetched": lambda: journal.fetched(job_id, f"raw/{job_id}.mp4", SHA),
        "refused": lambda: journal.refused(job_id, "a face"),
        "failed": lambda: journal.failed(job_id, "broke", 0.1),
        "cancelled": lambda: journal.cancelled(job_id, "no more"),
        "unknown": lambda: journal.unknown(job_id, "may have been paid"),
    }
    return verbs[state]()


def driven(journal: Journal, job_id: str, *states: str) -> Job:
    job = journal.plan(a_request(job_id))
    for state in states:
        job = advance(journal, job_id, state)
    return job


@pytest.fixture(autouse=True)
def data_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.opened(tmp_path / "edit", create=True)


# the road of a job --------------------------------------------------------------------------------


def test_a_job_goes_its_whole_way(project: Project) -> None:
    with Journal.opened(project) as journal:
        job = driven(journal, "j1", "submitting", "submitted", "ready", "fetched")
        assert (job.state, job.remote_id, job.account) == ("fetched", "remote-j1", "key-1f")
        assert (job.media, job.sha256, job.paid_usd) == ("raw/j1.mp4", SHA, 0.4)
        assert journal.job("j1") == job
        assert [event.state for event in journal.history("j1")] == [
            "planned", "submitting", "submitted", "ready", "fetched",
        ]  # fmt: skip
        assert job.request == a_request()
        assert journal.open_jobs() == []


def test_the_table_of_steps_is_the_drawn_one() -> None:
    assert {state: set(after) for state, after in FOLLOWING.items() if after} == LEGAL
    assert set(FOLLOWING) == set(get_args(JobState))
    assert {state for state, after in FOLLOWING.items() if after} == set(OPEN_STATES)


@pytest.mark.parametrize("answer", ["paid", "not paid", "cgt-77"])
def test_a_person_resolves_an_unknown_job(project: Project, answer: str) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "j1", "submitting", "unknown")
        assert journal.estimate_open() == 0.5
        job = journal.resolve("j1", answer)
        expected = {"paid": ("failed", 0.5, None), "not paid": ("cancelled", 0.0, None)}
        assert (job.state, job.paid_usd, job.remote_id) == expected.get(
            answer, ("submitted", 0.0, "cgt-77")
        )
        with pytest.raises(JournalError, match="not unknown"):
            journal.resolve("j1", answer)


def test_money_adds_up(project: Project) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "a", "submitting", "submitted", "ready", "fetched")
        driven(journal, "b", "submitting", "failed")
        driven(journal, "c")
        journal.plan(a_request("d", shot="s2", usd=3.0), estimate_usd=2.0)
        assert journal.spent() == pytest.approx(0.5)
        assert journal.spent("s2") == 0.0
        assert journal.estimate_open() == 2.5
        assert journal.estimate_open("s2") == 2.0
        assert [job.id for job in journal.jobs()] == ["a", "b", "c", "d"]
        assert [job.id for job in journal.jobs("s2")] == ["d"]
        assert [job.id for job in journal.open_jobs()] == ["c", "d"]


def test_a_request_is_planned_once(project: Project) -> None:
    with Journal.opened(project) as journal:
        journal.plan(a_request())
        with pytest.raises(JournalError, match="exists already"):
            journal.plan(a_request())
        for bad in ("", "../x", "a/b", "a b", ".hidden", "x" * 101):
            with pytest.raises(JournalError, match="cannot be a job's id"):
                journal.plan(a_request(bad))
        with pytest.raises(JournalError, match="There is no job 'ghost'"):
            journal.submitting("ghost")


# property: random events, crashes and copies ------------------------------------------------------


class Chronicle(RuleBasedStateMachine):
    """Random steps on a few jobs, while the database and the sidecars are lost in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.before = os.environ.get("OTIO_BRIDGE_DATA_DIR")
        os.environ["OTIO_BRIDGE_DATA_DIR"] = str(self.home / "data")
        self.project = Project.opened(self.home / "edit", create=True)
        self.journal = Journal.opened(self.project)
        self.states: dict[str, list[str]] = {}

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.home)
        if self.before is not None:
            os.environ["OTIO_BRIDGE_DATA_DIR"] = self.before

    @property
    def database(self) -> Path:
        return data_folder() / "journals" / f"{self.project.id}.sqlite"

    def reopen(self) -> None:
        self.journal.close()
        self.project = Project.opened(self.project.root)
        self.journal = Journal.opened(self.project)

    @rule(job=st.sampled_from("abc"))
    def plan(self, job: str) -> None:
        if job in self.states:
            with pytest.raises(JournalError):
                self.journal.plan(a_request(job))
        else:
            self.journal.plan(a_request(job))
            self.states[job] = ["planned"]

    @precondition(lambda self: self.states)
    @rule(data=st.data(), wild=st.booleans())
    def step(self, data: st.DataObject, wild: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.states)))
        now = self.states[job][-1]
        choice = sorted(set(get_args(JobState)) - {"planned"})
        legal = LEGAL.get(now, set())
        state = data.draw(st.sampled_from(choice if wild or not legal else sorted(legal)))
        if state in legal:
            assert advance(self.journal, job, state).state == state
            self.states[job].append(state)
        else:
            with pytest.raises(JournalError, match=f"is {now}, so it cannot become {state}"):
                advance(self.journal, job, state)

    @rule()
    def reopened(self) -> None:
        self.reopen()
        assert self.journal.notes == []

    @rule()
    def database_lost(self) -> None:
        self.journal.close()
        self.database.unlink()
        self.reopen()
        assert bool(self.journal.notes) == bool(self.states)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def crash_between_sidecar_and_database(self, data: st.DataObject) -> None:
        """The step is in the sidecar, and the process dies before it is in the database."""
        job = data.draw(st.sampled_from(sorted(self.states)))
        if not (legal := LEGAL.get(self.states[job][-1])):
            return
        self.journal.close()
        kept = self.database.read_bytes()
        self.journal = Journal.opened(self.project)
        state = data.draw(st.sampled_from(sorted(legal)))
        advance(self.journal, job, state)
        self.states[job].append(state)
        self.journal.close()
        self.database.write_bytes(kept)
        self.reopen()

    @precondition(lambda self: self.states)
    @rule(data=st.data(), cut=st.integers(1, 60))
    def crash_inside_a_line(self, data: st.DataObject, cut: int) -> None:
        """A torn line is a step that never happened, and the next one still fits behind it."""
        job = data.draw(st.sampled_from(sorted(self.states)))
        with (self.project.folder / "jobs" / f"{job}.jsonl").open("ab") as file:
            file.write(b'{"job": "' + b"x" * cut)
        self.reopen()

    @rule()
    def sidecars_restored_from_nothing(self) -> None:
        shutil.rmtree(self.project.folder / "jobs", ignore_errors=True)
        self.reopen()

    @rule()
    def moved_to_another_machine(self) -> None:
        self.journal.close()
        self.project.close()
        number = len(list(self.home.iterdir()))
        root = Path(shutil.copytree(self.project.root, self.home / f"edit{number}"))
        os.environ["OTIO_BRIDGE_DATA_DIR"] = str(self.home / f"data{number}")
        self.project = Project.opened(root)
        self.journal = Journal.opened(self.project)
        assert not any(self.journal.planned_here(job) for job in self.states)

    @invariant()
    def nothing_is_lost(self) -> None:
        jobs = {job.id: job for job in self.journal.jobs()}
        assert {job: jobs[job].state for job in jobs} == {
            job: states[-1] for job, states in self.states.items()
        }
        for job, states in self.states.items():
            history = self.journal.history(job)
            assert [event.state for event in history] == states
            assert read_events(self.project.folder / "jobs" / f"{job}.jsonl") == history
            if "submitted" in states:
                assert jobs[job].remote_id == f"remote-{job}"
        assert self.journal.spent() == pytest.approx(sum(job.paid_usd for job in jobs.values()))


Chronicle.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_random_events = Chronicle.TestCase


@given(cut=st.integers(0, 2000), states=st.sampled_from([(), ("submitting",)]))
@settings(deadline=None, max_examples=60)
def test_a_sidecar_cut_anywhere_never_sends_twice(cut: int, states: tuple[str, ...]) -> None:
    """Whatever a crash leaves of the file, a job that was being sent is not planned again."""
    now = datetime.now(UTC)
    events = [Event(job="j", number=0, at=now, state="planned", request=a_request("j"))]
    events += [Event(job="j", number=1, at=now, state=state) for state in states]
    with tempfile.TemporaryDirectory() as folder:
        sidecar = Path(folder) / "jobs" / "j.jsonl"
        size = append_events(sidecar, events)
        whole = sidecar.read_bytes()
        assert size == len(whole)
        sidecar.write_bytes(whole[:cut])
        told = read_events(sidecar)
        assert told == events[: len(told)]
        if cut >= len(whole):
            assert told == events
        append_events(sidecar, events[len(told) :])
        assert read_events(sidecar) == events


# damage -------------------------------------------------------------------------------------------


def test_a_line_rotted_on_the_disk_is_not_sent_again(
    project: Project, data_of_its_own: Path
) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "j1", "submitting")
    shutil.rmtree(data_of_its_own)
    sidecar = project.folder / "jobs" / "j1.jsonl"
    first, second = sidecar.read_bytes().splitlines(keepends=True)
    sidecar.write_bytes(first + b"#" * (len(second) - 1) + b"\n")
    with Journal.opened(project) as journal:
        assert journal.job("j1").state == "unknown"


@pytest.mark.parametrize("left", [b"", b'{"job": "j1", "num'])
def test_a_plan_cut_short_never_happened(project: Project, left: bytes) -> None:
    (project.folder / "jobs").mkdir()
    (project.folder / "jobs" / "j1.jsonl").write_bytes(left)
    with Journal.opened(project) as journal:
        assert journal.jobs() == [] and journal.notes == []
        driven(journal, "j1", "submitting")
    with Journal.opened(project) as journal:
        assert journal.job("j1").state == "submitting" and journal.notes == []


def test_an_unreadable_sidecar_is_left_alone_and_told(
    project: Project, data_of_its_own: Path
) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "good")
    shutil.rmtree(data_of_its_own)
    bad = project.folder / "jobs" / "bad.jsonl"
    bad.write_bytes(b"\xffgarbage\n")
    shutil.copy(project.folder / "jobs" / "good.jsonl", project.folder / "jobs" / "other.jsonl")
    with Journal.opened(project) as journal:
        assert [job.id for job in journal.jobs()] == ["good"]
        assert "Job bad was left alone" in journal.notes[0]
        assert "tells of another job" in journal.notes[1]
    assert bad.read_bytes() == b"\xffgarbage\n"


def test_a_damaged_database_is_kept_and_rebuilt(project: Project) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "j1", "submitting", "submitted")
    file = data_folder() / "journals" / f"{project.id}.sqlite"
    file.write_bytes(b"no database at all" * 500)
    with Journal.opened(project) as journal:
        assert journal.job("j1").remote_id == "remote-j1"
        assert "damaged" in journal.notes[0]
    assert len(list(file.parent.glob("*.damaged-*"))) == 1


def test_a_newer_journal_is_refused(project: Project) -> None:
    Journal.opened(project).close()
    file = data_folder() / "journals" / f"{project.id}.sqlite"
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    with pytest.raises(JournalError, match="newer otio-bridge"):
        Journal.opened(project)


def test_a_journal_of_the_first_format_grows(project: Project) -> None:
    file = data_folder() / "journals" / f"{project.id}.sqlite"
    file.parent.mkdir()
    with sqlite3.connect(file) as database:
        MIGRATIONS[0](database)
        database.execute("PRAGMA user_version = 1")
    database.close()
    with Journal.opened(project) as journal:
        assert driven(journal, "j1", "submitting").state == "submitting"


def test_a_settled_folder_is_listed_again_when_it_changes(project: Project, tmp_path: Path) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "j1")
    jobs = project.folder / "jobs"
    os.utime(jobs, (1e9, 1e9))
    Journal.opened(project).close()
    line = (jobs / "j1.jsonl").read_text().replace('"j1"', '"j2"')
    (jobs / "j2.jsonl").write_text(line)
    with Journal.opened(project) as journal:
        assert [job.id for job in journal.jobs()] == ["j1", "j2"]


def test_a_full_data_folder_is_told(data_of_its_own: Path, project: Project) -> None:
    data_of_its_own.write_text("a file, no folder")
    with pytest.raises(BridgeError, match="cannot be used"):
        Journal.opened(project)


def test_a_step_that_the_database_missed_stands(project: Project) -> None:
    """The data folder fills up between sidecar and commit: all is known, nothing is sent."""
    with Journal.opened(project) as journal:
        driven(journal, "j1")
        journal._database.execute("PRAGMA query_only = ON")
        with pytest.raises(JournalError, match="cannot be used"):
            journal.submitting("j1")
        journal._database.execute("PRAGMA query_only = OFF")
        with pytest.raises(JournalError, match="is submitting, so it cannot become submitting"):
            journal.submitting("j1")


# others -------------------------------------------------------------------------------------------


def test_a_reader_sees_the_steps_of_the_holder(project: Project, data_of_its_own: Path) -> None:
    with Journal.opened(project) as journal:
        driven(journal, "j1", "submitting")
    with_a = data_of_its_own.with_name("a")
    shutil.copytree(data_of_its_own, with_a)
    with Journal.opened(project) as journal:
        journal.submitted("j1", "remote-j1")
    shutil.rmtree(data_of_its_own)
    shutil.copytree(with_a, data_of_its_own)
    now = datetime.now(UTC)
    holder = {
        "user": "mira", "host": "grading-2", "pid": 7, "since": now.isoformat(),
        "heartbeat": (now + timedelta(seconds=2)).isoformat(),
    }  # fmt: skip
    (project.folder / "holder.json").write_text(json.dumps(holder))
    with Journal.opened(project) as journal:
        assert journal.job("j1").state == "submitted"
        with pytest.raises(ProjectHeld, match="mira on grading-2"):
            journal.ready("j1")
        assert journal.job("j1").state == "submitted"


STEP = """
import sys
from otio_bridge.errors import JournalError
from otio_bridge.journal import Journal
from otio_bridge.project import Project
won = 0
with Journal.opened(Project.opened(sys.argv[1])) as journal:
    for job in journal.jobs():
        try:
            journal.submitting(job.id)
            won += 1
        except JournalError:
            pass
print(won)
"""


def test_only_one_process_may_send_a_job(project: Project) -> None:
    with Journal.opened(project) as journal:
        for number in range(60):
            journal.plan(a_request(f"j{number}"))
    command = [sys.executable, "-c", STEP, str(project.root)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    won = [int(run.communicate(timeout=60)[0]) for run in runs]
    assert sum(won) == 60


def test_threads_share_one_journal(project: Project) -> None:
    def go(name: str) -> str:
        driven(journal, name, "submitting", "submitted", "ready")
        return journal.jobs()[-1].state and advance(journal, name, "fetched").state

    with Journal.opened(project) as journal, ThreadPoolExecutor(6) as pool:
        assert set(pool.map(go, [f"j{number}" for number in range(30)])) == {"fetched"}
        assert len(journal.jobs()) == 30 and journal.spent() == pytest.approx(30 * 0.4)


# size ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_thousand_events_open_at_once(project: Project) -> None:
    (project.folder / "jobs").mkdir()
    now = datetime.now(UTC)
    for number in range(20_000):
        job = f"{number:032x}"
        states = ["planned", "submitting", "submitted", "ready", "fetched"]
        lines = [
            Event(
                job=job, number=step, at=now, state=state, request=None if step else a_request(job)
            ).model_dump_json(exclude_none=True)
            for step, state in enumerate(states)
        ]
        (project.folder / "jobs" / f"{job}.jsonl").write_text("\n".join([*lines, ""]))
    long_ago = time.time() - 60
    os.utime(project.folder / "jobs", (long_ago, long_ago))
    started = time.perf_counter()
    Journal.opened(project).close()
    rebuilt = time.perf_counter() - started
    started = time.perf_counter()
    with Journal.opened(project) as journal:
        opened = time.perf_counter() - started
        assert journal.open_jobs() == [] and journal.notes == []
    print(f"rebuilt in {rebuilt:.2f} s, opened in {opened * 1000:.0f} ms")
    assert opened < 0.1 and rebuilt < 60
