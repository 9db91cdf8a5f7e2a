"""Requests that must be refused: a table of what was tried, and the sentence that came back."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Running
from test_pipeline import build

from otio_bridge.client import Engine
from otio_bridge.engine.security import BODY_LIMIT, COOKIE, Keys

MB = 2**20


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    data = tmp_path_factory.mktemp("refused-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
        running = Running(data)
        found = running.start()
        yield found
        running.stop()


@pytest.fixture(autouse=True)
def engine_data(own_data: Path, engine: Engine) -> None:
    """Only the engine's own process uses its data folder here."""


def asked(
    engine: Engine, method: str, path: str, body: bytes | None = None, **headers: str | None
) -> tuple[int, dict[str, str], bytes]:
    """Send a request with the token and its own host unless told otherwise; None leaves out."""
    known: dict[str, str | None] = {
        "Host": f"127.0.0.1:{engine.port}",
        "Authorization": f"Bearer {engine._token}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if body is not None:
        known.setdefault("Content-Type", "application/json")
        known.setdefault("Content-Length", str(len(body)))
    line = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in known.items():
        if value is not None:
            line.putheader(name, value)
    line.endheaders()
    try:
        if body:
            line.send(body)
    except OSError:
        pass  # refused before all was sent
    answer = line.getresponse()
    text = answer.read()
    line.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


DEEP = b"[" * 100_000 + b"]" * 100_000
TABLE = [
    ("no token", "GET", "/v1/engine", None, {"Authorization": None}, 401),
    ("another token", "GET", "/v1/engine", None, {"Authorization": "Bearer nonsense"}, 401),
    ("an odd token", "GET", "/v1/engine", None, {"Authorization": "Bearer \xe9\xff"}, 401),
    ("a basic login", "GET", "/v1/engine", None, {"Authorization": "Basic eDp5"}, 401),
    ("a made-up cookie", "GET", "/v1/engine", None,
     {"Authorization": None, "Cookie": f"{COOKIE}=9999999999.00"}, 401),
    ("a broken cookie", "GET", "/v1/engine", None,
     {"Authorization": None, "Cookie": f'{COOKIE}="\\777'}, 401),
    ("the token in the address", "GET", "/v1/engine?token=TOKEN", None,
     {"Authorization": None}, 401),
    ("no host", "GET", "/v1/engine", None, {"Host": None}, 403),
    ("a rebound name", "GET", "/v1/engine", None, {"Host": "evil.example"}, 403),
    ("a rebound name with our port", "GET", "/v1/engine", None, {"Host": "evil.example:PORT"}, 403),
    ("our name with another port", "GET", "/v1/engine", None, {"Host": "127.0.0.1:1"}, 403),
    ("a rebound name at the open door", "GET", "/v1/hello", None, {"Host": "evil.example"}, 403),
    ("a foreign origin", "GET", "/v1/engine", None, {"Origin": "https://evil.example"}, 403),
    ("the origin of a file", "GET", "/v1/engine", None, {"Origin": "null"}, 403),
    ("a neighbour's origin", "GET", "/v1/engine", None, {"Origin": "http://127.0.0.1:1"}, 403),
    ("a foreign page's fetch", "GET", "/v1/engine", None, {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a neighbour's fetch", "GET", "/v1/hello", None, {"Sec-Fetch-Site": "same-site"}, 403),
    ("a preflight from elsewhere", "OPTIONS", "/v1/engine", None,
     {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}, 403),
    ("a used-up pass", "GET", "/enter?pass=abc", None, {}, 403),
    ("an unknown address", "GET", "/v1/nothing", None, {}, 404),
    ("dots in the address", "GET", "/v1/../../etc/passwd", None, {}, 404),
    ("dots in disguise", "GET", "/v1/%2e%2e/%2e%2e/etc/passwd", None, {}, 404),
    ("a file below the API", "GET", "//etc/passwd", None, {}, 404),
    ("an unknown timeline", "GET", "/v1/timelines/0123456789abcdef/shots", None, {}, 404),
    ("a path for an id", "GET", "/v1/timelines/..%2f..%2fetc/shots", None, {}, 404),
    ("another method", "PUT", "/v1/engine", b"{}", {}, 405),
    ("no body", "POST", "/v1/timelines", None, {"Content-Length": "0"}, 422),
    ("half a body", "POST", "/v1/timelines", b'{"path": "/a', {}, 422),
    ("no JSON", "POST", "/v1/timelines", b"\x00\xff\xfe", {}, 400),
    ("a list", "POST", "/v1/timelines", b"[]", {}, 422),
    ("not a number", "POST", "/v1/timelines", b'{"path": "/a", "rate": NaN}', {}, 422),
    ("too large a number", "POST", "/v1/timelines", b'{"path": "/a", "rate": 1e999}', {}, 422),
    ("an unknown word", "POST", "/v1/timelines", b'{"path": "/a", "pth": 1}', {}, 422),
    ("a form", "POST", "/v1/timelines", b"path=/a",
     {"Content-Type": "application/x-www-form-urlencoded"}, 422),
    ("plain text, as forms can send", "POST", "/v1/timelines", b'{"path": "/a"}',
     {"Content-Type": "text/plain"}, 422),
    ("a deep body", "POST", "/v1/timelines", DEEP, {}, 400),
    ("a deep timeline", "POST", "/v1/timelines/posted", DEEP, {}, 400),
    ("a large body", "POST", "/v1/timelines", b"x" * (BODY_LIMIT + 1), {}, 413),
    ("a claimed size", "POST", "/v1/timelines", b"x", {"Content-Length": str(10**15)}, 413),
    ("a negative size", "POST", "/v1/timelines", b"x", {"Content-Length": "-1"}, 400),
    ("a relative path", "POST", "/v1/timelines", b'{"path": "cut.otio"}', {}, 422),
    ("a path of nothing", "POST", "/v1/timelines", b'{"path": "/a\\u0000b"}', {}, 422),
    ("a missing timeline", "POST", "/v1/timelines", b'{"path": "/nowhere/cut.otio"}', {}, 422),
    ("a folder", "POST", "/v1/timelines", b'{"path": "/"}', {}, 422),
    ("a device", "POST", "/v1/timelines", b'{"path": "/dev/zero"}', {}, 422),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [pytest.param(*row[1:], id=row[0]) for row in TABLE],
)
def test_refused_with_a_sentence(
    engine: Engine, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    path = path.replace("TOKEN", engine._token)
    filled = {
        name: value and value.replace("PORT", str(engine.port)) for name, value in headers.items()
    }
    found, _, text = asked(engine, method, path, body, **filled)
    assert found == status, text[:300]
    if not text.startswith(b"Invalid HTTP"):  # what is no HTTP never reaches us
        sentence = json.loads(text)["error"]
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 500
        assert engine._token not in sentence
    assert Engine(vars_of(engine)).get("/v1/engine")["pid"] == engine.pid


def vars_of(engine: Engine) -> dict[str, object]:
    return {
        "port": engine.port, "pid": engine.pid, "version": engine.version,
        "instance": engine.instance, "token": engine._token,
    }  # fmt: skip


def test_a_chunked_body_is_bounded_too(engine: Engine) -> None:
    line = socket.create_connection(("127.0.0.1", engine.port), 20)
    head = (
        f"POST /v1/timelines HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\n"
        f"Authorization: Bearer {engine._token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    line.sendall(head.encode())
    part = f"{MB:x}\r\n".encode() + b"x" * MB + b"\r\n"
    try:
        for _ in range(5):
            line.sendall(part)
    except OSError:
        pass
    assert b" 413 " in line.recv(200).splitlines()[0] + b" "
    line.close()


def test_the_page_enters_once_and_then_has_a_cookie(engine: Engine) -> None:
    address = engine.page_address("/review?timeline=1")
    path = address.partition(f":{engine.port}")[2]
    status, headers, _ = asked(engine, "GET", path, Authorization=None)
    assert (status, headers["location"]) == (303, "/review?timeline=1")
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and engine._token not in cookie
    assert asked(engine, "GET", path, Authorization=None)[0] == 403
    page = {"Authorization": None, "Cookie": cookie.partition(";")[0]}
    own = f"http://127.0.0.1:{engine.port}"
    assert asked(engine, "GET", "/v1/engine", **page)[0] == 200
    assert asked(engine, "POST", "/v1/page-address", b"", **page)[0] == 403
    assert asked(engine, "POST", "/v1/page-address", b"", Origin=own, **page)[0] == 200
    evil = asked(engine, "POST", "/v1/page-address", b"", Origin="http://evil.example", **page)
    assert evil[0] == 403


def test_a_pass_leads_to_this_engine_only(engine: Engine) -> None:
    for away in ("//evil.example", "https://evil.example", "/\\evil.example"):
        path = engine.page_address(away).partition(f":{engine.port}")[2]
        assert asked(engine, "GET", path, Authorization=None)[1]["location"] == "/review"
        once = path.partition("&")[0].replace("/enter?", "")
        assert once


def test_cookies_end_and_bear_a_signature() -> None:
    keys = Keys("token", b"k" * 32, 1)
    good = keys.cookie()
    assert keys.knows_cookie(good)
    end, _, signature = good.partition(".")
    for bad in (f"1.{keys._signed('1')}", f"{int(end) + 1}.{signature}", "", ".", f"{end}.",
                f"x.{keys._signed('x')}", good + "0", "\udc80.x"):  # fmt: skip
        assert not keys.knows_cookie(bad)
    assert not Keys("token", b"j" * 32, 1).knows_cookie(good)


def test_secrets_are_the_users_alone(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows keeps the user's folder by its own rights")
    line = asked(engine, "GET", "/v1/engine")[2]
    assert engine._token.encode() not in line
    folders = [p for p in tmp_path_factory.getbasetemp().glob("refused-data*/engine") if p.is_dir()]
    assert folders
    for file in [*folders, *folders[0].glob("*.json"), *folders[0].glob("secret")]:
        assert stat.S_IMODE(os.stat(file).st_mode) & 0o077 == 0, file


def test_answers_may_not_be_framed_guessed_or_kept(engine: Engine) -> None:
    headers = asked(engine, "GET", "/v1/engine")[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_it_listens_on_loopback_only(engine: Engine) -> None:
    for address in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}:
        if not str(address).startswith("127.") and address != "::1":
            with pytest.raises(OSError):
                socket.create_connection((str(address), engine.port), 2).close()


def test_odd_numbers_in_a_posted_timeline_are_said(engine: Engine, tmp_path: Path) -> None:
    timeline = json.loads(build(tmp_path / "odd").read_text())
    track = timeline["tracks"]["children"][0]["children"]
    sent = {"folder": str(tmp_path), "name": "x", "host": "blender", "timeline": timeline}
    for value in (float("nan"), float("inf"), 1e308, -5, 0, "x", None, [], 10**400):
        for field in ("value", "rate"):
            track[0]["source_range"]["duration"][field] = value
            body = json.dumps(sent).encode()
            status, _, text = asked(engine, "POST", "/v1/timelines/posted", body)
            assert status < 500, (value, field, text[:300])
            if status == 200:
                shots = f"/v1/timelines/{json.loads(text)['id']}/shots"
                assert asked(engine, "GET", shots)[0] < 500, (value, field)
