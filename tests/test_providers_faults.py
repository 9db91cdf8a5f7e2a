"""The fault table: each failure at each provider ends in its named state with one clear sentence.

`pytest tests/test_providers_faults.py -s` prints the table.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.provider_server import ProviderServer
from fakes.provider_server.desk import KEYS, NAMES, Desk, a_desk, quick_folder

from otio_bridge.errors import ProviderError
from otio_bridge.providers._http import Line, Patience, media_kind
from otio_bridge.providers._talk import Call, quoted

LISTED = ("ark", "kling", "replicate", "comfyui")
"""Providers at which a lost submit is found again."""
FREE = ("comfyui",)

# fault at the submit -> the state in which the job ends, and a word of its sentence
CREATE = {
    "429": ("failed", "busy"),
    "429 wait": ("failed", "busy"),
    "401": ("failed", "key"),
    "mistake": ("failed", "does not take the request"),
    "refused": ("refused", "will be refused again"),
    "503": ("unknown", "may have been paid"),
    "html": ("unknown", "may have been paid"),
    "timeout": ("unknown", "may have been paid"),
    "drop": ("unknown", "may have been paid"),
    "malformed": ("unknown", "may have been paid"),
    "drip": ("unknown", "may have been paid"),
    "500 accepted": ("unknown", "may have been paid"),
}
ACCEPTED = ("timeout", "drop", "malformed", "drip", "500 accepted")
END = {
    "task refused": ("refused", "will be refused again"),
    "task failed": ("failed", "could not make it"),
}
LOOK = ("429", "429 wait", "503", "html", "timeout", "drop", "malformed", "drip")
FETCH = ("truncated", "html", "503", "redirect", "empty", "drip")


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        running.world.patience, running.world.wait = 0.9, 0.2
        yield running


@pytest.fixture
def desk(server: ProviderServer) -> Iterator[Desk]:
    server.world.looks_needed = 1
    patience = {"connect": 1, "look": 0.4, "paid": 0.4, "stall": 0.4, "slowest": 4096}
    bucket = {"storage_uri": "gs://b/o"}  # else Vertex's film comes inside the answer
    with (
        quick_folder() as folder,
        a_desk(folder, server, patience=patience, options=bucket) as opened,
    ):
        yield opened


def one_sentence(text: str) -> bool:
    """Say whether a message is clean: one line, ended, no address, no key, no foreign markup."""
    clean = not re.search(r"https?://|<|\n|Traceback", text)
    return clean and text.endswith(".") and not any(key in text for key in KEYS.values())


def told(name: str, fault: str, state: str, why: str) -> None:
    print(f"{name:9} | {fault:13} | {state:9} | {why}")


@pytest.mark.parametrize("fault", CREATE)
@pytest.mark.parametrize("name", NAMES)
def test_a_submit_that_goes_wrong(
    name: str, fault: str, desk: Desk, server: ProviderServer
) -> None:
    if (name, fault) == ("comfyui", "refused"):
        pytest.skip("ComfyUI refuses nothing")
    before = server.world.count(name, "create", "arrived")
    server.world.fail(name, "create", fault)
    job = desk.end(desk.ask(name))
    expected, word = CREATE[fault]
    if fault in ACCEPTED and name in LISTED:
        expected, word = "fetched", ""
    told(name, fault, job.state, job.why)
    assert job.state == expected, job
    assert word in job.why and (not job.why or one_sentence(job.why)), job.why
    assert server.world.count(name, "create", "arrived") == before + 1
    if expected in ("failed", "refused"):
        assert job.paid_usd == 0.0 and re.search(r"paid|billed|sent|costs nothing", job.why), (
            job.why
        )


@pytest.mark.parametrize("fault", END)
@pytest.mark.parametrize("name", NAMES)
def test_a_generation_that_comes_to_nothing(
    name: str, fault: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "end", fault)
    job = desk.end(desk.ask(name))
    expected, word = END["task failed" if name in FREE else fault]
    told(name, fault, job.state, job.why)
    assert job.state == expected and word in job.why and one_sentence(job.why), job


@pytest.mark.parametrize("name", NAMES)
def test_done_without_a_film(name: str, desk: Desk, server: ProviderServer) -> None:
    """Veo's way to refuse; elsewhere an end without a film, too."""
    server.world.fail(name, "end", "no film")
    job = desk.end(desk.ask(name))
    told(name, "no film", job.state, job.why)
    assert job.state == ("refused" if name == "vertex" else "failed") and one_sentence(job.why), job


@pytest.mark.parametrize(("name", "model"), [("ark", "seedream-5-0-260128"),
                                             ("gemini", "gemini-3-pro-image")])  # fmt: skip
def test_a_picture_refused_inside_a_good_answer(
    name: str, model: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "end", "task refused")
    job = desk.end(desk.ask(name, model=model, frames=1))
    told(name, "refused item", job.state, job.why)
    assert job.state == "refused" and one_sentence(job.why)


@pytest.mark.parametrize("fault", LOOK)
@pytest.mark.parametrize("name", NAMES)
def test_a_look_that_goes_wrong_is_repeated(
    name: str, fault: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "look", fault, fault)
    job = desk.ask(name)
    worker = desk.worker()
    until = time.monotonic() + 30
    while (state := desk.journal.job(job.id).state) != "fetched" and time.monotonic() < until:
        worker.tick()
        time.sleep(0.02)
    assert state == "fetched"
    assert server.world.fault(name, "look") == ""


@pytest.mark.parametrize("fault", FETCH)
@pytest.mark.parametrize("name", NAMES)
def test_a_fetch_that_goes_wrong_is_repeated(
    name: str, fault: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "fetch", fault)
    job = desk.end(desk.ask(name))
    assert job.state == "fetched", desk.news
    words = [one.words for one in desk.news if "trying again later" in one.words]
    told(name, f"fetch {fault}", job.state, words[0])
    assert len(words) == 1 and one_sentence(words[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_result_that_is_gone_ends_the_job(name: str, desk: Desk, server: ProviderServer) -> None:
    server.world.fail(name, "fetch", *["expired"] * 3)
    job = desk.end(desk.ask(name))
    told(name, "expired", job.state, job.why)
    assert job.state == "failed" and "paid and is gone" in job.why and one_sentence(job.why)


@pytest.mark.parametrize("name", NAMES)
def test_a_restart_that_forgets(name: str, desk: Desk, server: ProviderServer) -> None:
    server.world.looks_needed = 2
    job = desk.ask(name)
    desk.worker().tick()
    server.world.forget()
    job = desk.end(job)
    told(name, "forgotten", job.state, job.why)
    if name == "comfyui":
        assert job.state == "fetched"
    else:
        assert job.state == "failed" and "may have been billed" in job.why and one_sentence(job.why)


def test_asking_to_wait_is_honoured(desk: Desk, server: ProviderServer) -> None:
    server.world.fail("runway", "look", "429 wait")
    job = desk.ask("runway")
    worker = desk.worker()
    worker.tick()
    worker.tick()
    before = server.world.count("runway", "look", "arrived")
    for _ in range(3):
        worker.tick()
    assert server.world.count("runway", "look", "arrived") == before
    assert desk.journal.job(job.id).state == "submitted"


# addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/f.mp4", "https://10.0.0.1/f.mp4", "https://169.254.169.254/latest",
        "https://localhost/f.mp4", "file:///etc/passwd", "https://[::1]/f.mp4", "ftp://a.example/f",
        "https://metadata.internal/x", "https://127.0.0.1/f.mp4", "https://[::ffff:10.0.0.1]/f",
    ],
)  # fmt: skip
def test_results_come_over_public_https_only(url: str, tmp_path: Path) -> None:
    line = Line("Runway", {"": "https://api.example"}, lambda call: {"Authorization": "k"})
    with pytest.raises(ProviderError, match="not public https"):
        line.download(url, tmp_path / "f.mp4")
    assert not list(tmp_path.iterdir())


def test_the_key_goes_to_its_own_hosts_only(server: ProviderServer, tmp_path: Path) -> None:
    signs = {"Authorization": "Bearer planted"}
    theirs = Line("A", {"": f"{server.url}/replicate"}, lambda call: signs, Patience(1, 1, 1, 1))
    server.world.seen.clear()
    theirs.answer(Call("GET", f"{server.url.replace('127.0.0.1', 'localhost')}/replicate/media/x"))
    theirs.answer(Call("GET", "/v1/predictions"))
    theirs.download(f"{server.url}/replicate/media/x.mp4", tmp_path / "x.mp4")
    keys = [seen.headers.get("authorization") for seen in server.world.seen]
    assert keys == [None, "Bearer planted", None]


def test_a_result_is_never_written_over_a_file(server: ProviderServer, tmp_path: Path) -> None:
    line = Line("A", {"": server.url}, lambda call: {}, Patience(1, 1, 1, 1))
    (tmp_path / "mine.mp4").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        line.download(f"{server.url}/fal/media/x.mp4", tmp_path / "mine.mp4")
    assert (tmp_path / "mine.mp4").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video"), (b"\x1aE\xdf\xa3" + bytes(12), "video"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8), "picture"), (b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        (b"<!doctype html>\n", None), (b'{"error": "busy"', None), (b"", None), (b"MZ\x90", None),
    ],
)  # fmt: skip
def test_content_is_sniffed(start: bytes, kind: str | None) -> None:
    assert media_kind(start) == kind


def test_foreign_words_are_quoted_without_addresses_and_keys() -> None:
    said = quoted("Incorrect key sk-proj-0123456789abcdefghijklmnopq at https://a.example/?k=1\nhm")
    assert said == "Incorrect key sk-proj…at … hm" or "0123456789abcdef" not in said
    assert "a.example" not in said and "\n" not in said
    assert len(quoted("x y " * 100)) == 160
