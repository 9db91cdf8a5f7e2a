"""The project folder: atomic, shared by processes, held by one user, whole when moved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_bridge.errors import ProjectError, ProjectHeld, TakeNotFound
from otio_bridge.files import PARTIAL, replacing, write_atomically
from otio_bridge.model import Reference, Score, Shot, Take, Verdict
from otio_bridge.project import Project, ShotRecord, Trace, file_key, take_filename

SHOT = Shot(id="s1", clip="hug_010", prompt="a hug")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    opened = Project.opened(tmp_path / "edit", create=True)
    opened.save_shot(ShotRecord(shot=SHOT))
    return opened


def a_take(project: Project, take: str = "t01", shot: str = "s1") -> Take:
    media = project.take_path(shot, take, "previz")
    write_atomically(media, b"movie")
    return Take(
        id=take, shot=shot, provider="offline", model="previz", seed=1,
        media=project.relative(media), frames=48, rate="24/1", slot_start=-12,
    )  # fmt: skip


def a_score() -> Score:
    return Score(scorer="builtin", frames=2, rate="24/1", held=(0.5, None), failures={})


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


# opening ------------------------------------------------------------------------------------------


def test_opening_twice_gives_one_project(tmp_path: Path) -> None:
    made = Project.opened(tmp_path, create=True)
    again = Project.opened(tmp_path, create=True)
    assert again.id == made.id
    assert again.name == tmp_path.name
    found = Project.found(tmp_path)
    assert found is not None and found.id == made.id


def test_no_project_is_said_and_none_is_made(tmp_path: Path) -> None:
    assert Project.found(tmp_path) is None
    with pytest.raises(ProjectError, match="There is no otio-bridge project in"):
        Project.opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_project_is_refused(project: Project) -> None:
    file = project.folder / "project.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": 99}))
    with pytest.raises(ProjectError, match="newer otio-bridge"):
        Project.opened(project.root)


@pytest.mark.parametrize("text", ["", "{", '{"id": 3}', "\x00\x00", '{"version": 1}'])
def test_a_damaged_project_is_told_and_kept(project: Project, text: str) -> None:
    file = project.folder / "project.json"
    file.write_text(text)
    with pytest.raises(ProjectError, match="damaged"):
        Project.opened(project.root, create=True)
    assert file.read_text() == text


def test_a_damaged_shot_is_told_and_kept(project: Project) -> None:
    file = project.folder / "shots" / "s1.json"
    file.write_bytes(b"\xff{")
    with pytest.raises(ProjectError, match="damaged"):
        project.edit_shot("s1", lambda old: old, new=SHOT)
    assert file.read_bytes() == b"\xff{"


def test_settings_are_merged(project: Project) -> None:
    project.save_settings(provider="ark", budget=12.5)
    other = Project.opened(project.root)
    other.save_settings(budget=None, seed=3)
    project.save_settings(look="stylised")
    again = Project.opened(project.root)
    assert again.settings == {"provider": "ark", "seed": 3, "look": "stylised"}


# shots, takes, references -------------------------------------------------------------------------


def test_a_record_comes_back_equal(project: Project) -> None:
    record = ShotRecord(
        shot=SHOT,
        takes=(a_take(project),),
        verdicts=(Verdict(take="t01", start=0, end=24, mark="held"),),
        next_take=7,
        traces=(Trace(clip="hug_010", media="A001.mov", source_start=86400, rate="25/1"),),
        restores={"e1": {"clip": [1, 2, {"deep": None}]}},
    )
    project.save_shot(record)
    assert project.shot("s1") == record
    assert project.shots() == [record]
    assert project.shot("never") is None


def test_take_numbers_are_never_given_twice(project: Project) -> None:
    assert [project.reserve_take("s1") for _ in range(3)] == ["t01", "t02", "t03"]
    project.edit_shot("s1", lambda old: old.model_copy(update={"takes": ()}))
    assert project.reserve_take("s1") == "t04"


def test_a_take_has_its_sidecars_beside_it(project: Project) -> None:
    take = a_take(project, project.reserve_take("s1"))
    record = project.add_take(take, a_score())
    assert record.take("t01") == take
    assert project.score(take) == a_score()
    folder = project.folder / "takes" / "s1"
    assert sorted(file.name for file in folder.iterdir()) == [
        "s1_t01_previz.json", "s1_t01_previz.mov", "s1_t01_previz.score.json",
    ]  # fmt: skip
    assert Take.model_validate_json((folder / "s1_t01_previz.json").read_bytes()) == take
    with pytest.raises(ProjectError, match="has a take 't01' already"):
        project.add_take(take)
    with pytest.raises(TakeNotFound, match="no take 't09'; it has t01"):
        record.take("t09")


def test_an_unknown_shot_cannot_be_edited(project: Project) -> None:
    with pytest.raises(ProjectError, match="no shot 'ghost'"):
        project.reserve_take("ghost")
    assert project.edit_shot("s2", lambda old: old, new=Shot(id="s2", clip="c")).shot.id == "s2"


def test_references_by_role(project: Project) -> None:
    sheet = project.reference_path("character", "Ada", ".png")
    write_atomically(sheet, b"png")
    ada = Reference(name="Ada", images=(project.relative(sheet),))
    cup = Reference(name="cup", role="prop")
    project.save_reference(cup)
    project.save_reference(ada)
    assert project.reference("character", "Ada") == ada
    assert project.reference("prop", "Ada") is None
    assert project.references() == [ada, cup]
    assert project.references("prop") == [cup]
    with pytest.raises(ProjectError, match="leads out of"):
        project.save_reference(Reference(name="x", images=("../../secret.png",)))


def test_versions_keep_the_last_twenty(project: Project) -> None:
    timeline = project.root / "cut_v02.otio"
    for number in range(25):
        timeline.write_text(str(number))
        kept = project.keep_version(timeline)
        assert kept.read_text() == str(number)
    assert [file.read_text() for file in project.versions(timeline)] == [
        str(number) for number in range(5, 25)
    ]


# names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "a\x00b"])
def test_no_name_leads_out_of_the_project(project: Project, name: str) -> None:
    with pytest.raises(ProjectError, match="leads out of the project"):
        project.path(name)


def test_a_link_does_not_lead_out(project: Project, tmp_path: Path) -> None:
    (project.folder / "raw").symlink_to(tmp_path)
    with pytest.raises(ProjectError, match="leads out"):
        project.path("raw/x.mov")
    with pytest.raises(ProjectError, match="outside the project folder"):
        project.relative(tmp_path / "x.mov")


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_fit_every_system(shot: str, model: str) -> None:
    for name in (take_filename(shot, "t03", model), file_key(shot) + ".score.json"):
        assert not set(name) & set('<>:"/\\|?*') and name.isprintable()
        assert 0 < len(unicodedata.normalize("NFC", name).encode()) < 220
        assert name.strip(". ") == name and name[0] != "."
        assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}


@given(st.lists(st.text(max_size=150), min_size=2, max_size=20, unique=True))
def test_different_names_have_different_files(names: list[str]) -> None:
    assert len({file_key(name) for name in names}) == len(names)


def test_take_names_read_well() -> None:
    assert take_filename("hug_010", "t03", "seedance-2.5") == "hug_010_t03_seedance-2.5.mov"
    assert take_filename("a/b:c", "t01", "fal/veo 3") == "a_b_c_t01_fal_veo_3.mov"
    assert take_filename("拥抱", "t01", "m") == "拥抱_t01_m.mov"


# moving, damage, permission -----------------------------------------------------------------------


def test_moving_the_folder_keeps_everything(project: Project, tmp_path: Path) -> None:
    take = a_take(project)
    project.add_take(take, a_score())
    project.close()
    shutil.move(project.root, tmp_path / "elsewhere")
    moved = Project.opened(tmp_path / "elsewhere")
    record = moved.shot("s1")
    assert moved.id == project.id and record is not None
    assert moved.path(record.take("t01").media).read_bytes() == b"movie"
    assert moved.score(take) == a_score()
    assert moved.reserve_take("s1") == "t01"
    assert str(project.root) not in "".join(
        file.read_text(errors="replace") for file in moved.folder.rglob("*.json")
    )


def test_a_failed_write_keeps_the_previous_file(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    write_atomically(file, b"old")
    with pytest.raises(RuntimeError), replacing(file) as partial:
        partial.write_bytes(b"half")
        raise RuntimeError
    assert file.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["x.json"]


FILL = """
import resource, signal, sys
from otio_bridge.errors import ProjectError
from otio_bridge.project import Project
project = Project.opened(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    project.edit_shot("s1", lambda old: old.model_copy(update={"restores": {"x": "y" * 9000}}))
except ProjectError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_the_previous_file_stays(project: Project) -> None:
    before = (project.folder / "shots" / "s1.json").read_bytes()
    run = python(FILL, str(project.root))
    assert "There is no room on the disk to write" in run.stdout, run.stderr
    assert (project.folder / "shots" / "s1.json").read_bytes() == before
    assert not list(project.folder.rglob(f"{PARTIAL}*"))


READ_ONLY = """
import os, sys
from otio_bridge.errors import ProjectError
from otio_bridge.project import Project
if os.getuid() == 0:  # whom no mode stops
    known = Project.opened(sys.argv[1])  # loads what Python may not read later
    known.shots(), known.references()
    os.setgid(65534)
    os.setuid(65534)
project = Project.opened(sys.argv[1])
print(project.name, project.shot("s1").shot.prompt, len(project.shots()), project.references())
for write in (lambda: project.reserve_take("s1"), lambda: project.save_settings(a=1)):
    try:
        write()
    except ProjectError as error:
        print(error)
"""


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no user ids")
def test_a_read_only_project_is_readable(common_folder: Path) -> None:
    project = Project.opened(common_folder / "edit", create=True)
    project.save_shot(ShotRecord(shot=SHOT))
    project.close()
    for path in (project.folder, *project.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    run = python(READ_ONLY, str(project.root))
    for path in (project.folder, *project.folder.rglob("*")):
        path.chmod(0o755)
    lines = run.stdout.splitlines()
    assert lines[0] == "edit a hug 1 []", run.stderr
    assert len(lines) == 3 and all(line.startswith("No permission for") for line in lines[1:])


# many writers -------------------------------------------------------------------------------------

WRITE_MANY = """
import sys
from otio_bridge.project import Project
project = Project.opened(sys.argv[1], create=True)
for _ in range(40):
    print(project.reserve_take("s1"))
"""


def test_processes_share_one_project(project: Project) -> None:
    command = [sys.executable, "-c", WRITE_MANY, str(project.root)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    given_out = "".join(run.communicate(timeout=60)[0] for run in runs).split()
    assert len(set(given_out)) == 120
    record = project.shot("s1")
    assert record is not None and record.next_take == 121


def hold_by(project: Project, user: str, host: str, silent: timedelta) -> None:
    now = datetime.now(UTC)
    holder = {
        "user": user, "host": host, "pid": 7,
        "since": (now - timedelta(hours=1)).isoformat(), "heartbeat": (now - silent).isoformat(),
    }  # fmt: skip
    (project.folder / "holder.json").write_text(json.dumps(holder))


def test_a_live_holder_elsewhere_leaves_us_reading(project: Project) -> None:
    hold_by(project, "mira", "grading-2", timedelta(seconds=30))
    holder = project.held_by()
    assert holder is not None and holder.user == "mira"
    assert project.shot("s1") is not None
    with pytest.raises(ProjectHeld, match="mira on grading-2 has been working in"):
        project.reserve_take("s1")
    project.close()
    assert project.held_by() is not None


def test_a_silent_holder_is_followed(project: Project) -> None:
    hold_by(project, "mira", "grading-2", timedelta(seconds=91))
    assert project.held_by() is None
    assert project.reserve_take("s1") == "t01"
    holder = json.loads((project.folder / "holder.json").read_text())
    assert holder["pid"] == os.getpid()
    project.close()
    assert not (project.folder / "holder.json").exists()


def test_a_damaged_holder_file_is_nobodys(project: Project) -> None:
    (project.folder / "holder.json").write_text("{half")
    assert project.reserve_take("s1") == "t01"


def test_a_busy_writer_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otio_bridge.project_lock.LOCK_SECONDS", 0.2)
    code = (
        "import sys, time; from otio_bridge.project import Project\n"
        "with Project.opened(sys.argv[1]).locked():\n"
        "    print('in', flush=True); time.sleep(30)"
    )
    command = [sys.executable, "-c", code, str(project.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "in\n"
        with pytest.raises(ProjectHeld, match="Another process has been writing"):
            project.reserve_take("s1")
        run.kill()
    assert project.reserve_take("s1") == "t01"


KILLED = """
import sys
from otio_bridge.project import Project
project = Project.opened(sys.argv[1])
print("go", flush=True)
while True:
    project.edit_shot("s1", lambda old: old.model_copy(update={
        "next_take": old.next_take + 1, "restores": {"x": "y" * 200_000}}))
"""


def test_a_killed_writer_leaves_a_whole_file(project: Project) -> None:
    for pause in range(8):
        command = [sys.executable, "-c", KILLED, str(project.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None and run.stdout.readline() == "go\n"
            with pytest.raises(subprocess.TimeoutExpired):
                run.wait(0.01 + pause * 0.007)
            run.kill()
        assert project.shot("s1") is not None
    assert len(project.shots()) == 1
