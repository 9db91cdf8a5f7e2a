"""The only module that touches the network: sends calls, downloads results.

A GET may be repeated; a paid POST is sent once, on a connection of its own, and never redirected.
The key is put into the headers at the last moment and goes to the provider's own hosts only.
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLCertVerificationError as NoTrust
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError
from urllib3.exceptions import NewConnectionError as Refusing

from otio_bridge.errors import ProviderError, Unanswered
from otio_bridge.providers._talk import Answer, Call

CHUNK = 1 << 18
"""Bytes read at a time."""
MAX_ANSWER = 96 << 20
"""Largest JSON answer in bytes; pictures may come inside one."""
MAX_RESULT = 8 << 30
"""Largest result in bytes."""
MAX_REDIRECTS = 5
TRIES = 2
"""How often one GET is tried when nothing came back."""
KINDS = {
    b"\x1aE\xdf\xa3": "video",
    b"\x89PNG\r\n\x1a\n": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
}
"""First bytes of the media that we take, beside MP4 and QuickTime, RIFF and MPEG streams."""


class Gone(ProviderError):
    """What was asked for is not there, or not any more."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds."""

    connect: float = 10.0
    look: float = 30.0
    """For an answer to what costs nothing."""
    paid: float = 300.0
    """For an answer to what was paid: pictures are made while we wait."""
    stall: float = 30.0
    """For the next bytes of a result."""
    slowest: int = 4096
    """Bytes a second below which a download is given up, measured over `stall` seconds."""


class Line:
    """The way to the hosts of one provider."""

    def __init__(
        self,
        name: str,
        hosts: Mapping[str, str],
        signed: Callable[[Call], Mapping[str, str]],
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self.hosts = {at: url.rstrip("/") for at, url in hosts.items()}
        self.patience = patience or Patience()
        self._signed = signed
        self._session = self._new_session()

    def answer(self, call: Call) -> Answer:
        """Send one call and read its answer, whatever the status.

        Raises:
            Unanswered: A paid call left and nothing readable came back.
            ProviderError: Nothing came back, or a paid call never left.
        """
        if call.paid:
            with self._new_session() as session:
                return self._answer(session, call)
        for _ in range(TRIES - 1 if call.method in ("GET", "HEAD") else 0):
            try:
                return self._answer(self._session, call)
            except ProviderError:
                self._session = self._new_session()
        return self._answer(self._session, call)

    def download(
        self,
        url: str,
        into: Path,
        progress: Callable[[float], None] | None = None,
        *,
        keyed: bool = False,
        at: str = "",
    ) -> None:
        """Fetch a result to a path that does not exist yet; what is not media is not kept.

        Raises:
            Gone: The address does not lead to it any more.
            ProviderError: It is no safe address, broke off, is too large or no media.
        """
        with self._asked_for(self._url(Call("GET", url, at=at)), keyed) as response:
            total = int(response.headers.get("content-length") or 0)
            file = into.open("xb")  # never over what is there
            try:
                with file:
                    for count, piece in self._pieces(response):
                        file.write(piece)
                        if progress is not None and total:
                            progress(min(1.0, count / total))
                self._check_media(into, total, response.headers.get("content-type", ""))
            except BaseException:
                into.unlink(missing_ok=True)
                raise

    # calls ----------------------------------------------------------------------------------------

    def _answer(self, session: requests.Session, call: Call) -> Answer:
        prepared = session.prepare_request(self._request(call))
        limit = self.patience.paid if call.paid else self.patience.look
        until = time.monotonic() + limit
        try:
            response = session.send(
                prepared,
                timeout=(self.patience.connect, limit),
                allow_redirects=False,
                stream=True,
                proxies=_proxies(session, prepared.url or ""),
            )
            with response:
                text = b"".join(self._within(response, until, MAX_ANSWER))
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._broken(call, error) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, self._parsed(call, response.status_code, text), headers)

    def _request(self, call: Call) -> requests.Request:
        url = self._url(call)
        keyed = call.keyed and self._ours(url)
        signs = self._signed(call) if keyed else {}

        def sign(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            prepared.headers.update(signs)  # `auth` also keeps requests from reading .netrc
            return prepared

        asked = requests.Request(call.method, url, headers=dict(call.headers), auth=sign)
        if call.part is not None:
            part = call.part
            asked.data = dict(call.form or {})
            asked.files = {part.field: (part.name, part.file.read_bytes(), part.type)}
        elif call.content is not None:
            asked.data = call.content.read_bytes()
        elif call.json is not None:
            asked.json = call.json
        return asked

    def _within(self, response: requests.Response, until: float, most: int) -> Iterator[bytes]:
        count = 0
        for piece in _pieces_of(response):
            count += len(piece)
            if count > most or time.monotonic() > until:
                raise requests.exceptions.ReadTimeout
            yield piece

    def _parsed(self, call: Call, status: int, text: bytes) -> Any:
        if not text.strip():
            return None
        try:
            return json.loads(text)
        except ValueError:
            if status >= 300 or status == 204:
                return None
            if not call.path.startswith(("http:", "https:")):
                raise self._unreadable(call) from None
            return None  # a storage host that answers in XML

    def _unreadable(self, call: Call) -> Exception:
        if call.paid:
            return Unanswered(
                f"{self.name} took the request, but its answer cannot be read; it may have been "
                "paid."
            )
        return ProviderError(f"{self.name} answered with something that is no JSON; try again.")

    def _broken(self, call: Call, error: Exception) -> Exception:
        if call.paid and not _never_left(error):
            return Unanswered(
                f"The connection to {self.name} broke off after the request had left; it may have "
                "been paid."
            )
        timeout = isinstance(error, requests.Timeout)
        what = "does not answer in time" if timeout else "cannot be reached"
        left = "; nothing was sent" if call.paid else ""
        return ProviderError(f"{self.name} {what}{left}; check the network and try again.")

    # addresses ------------------------------------------------------------------------------------

    def _url(self, call: Call) -> str:
        if "://" in call.path:
            self._check_address(call.path)
            return call.path
        return f"{self.hosts[call.at]}/{call.path.lstrip('/')}"

    def _ours(self, url: str) -> bool:
        return any(_origin(url) == _origin(host) for host in self.hosts.values())

    def _check_address(self, url: str) -> None:
        """Let only https through, and plain or private addresses where they are the provider's.

        A private name behind https would need a certificate for it, so only numbers are looked at.
        """
        parts = urlsplit(url)
        if self._ours(url) or (_loopback(url) and any(map(_loopback, self.hosts.values()))):
            return
        if parts.scheme != "https" or _private(parts.hostname or ""):
            raise ProviderError(
                f"{self.name} named an address that is not public https, so it was not asked; "
                "look at the job on the provider's own page."
            )

    # downloads ------------------------------------------------------------------------------------

    @contextmanager
    def _asked_for(self, url: str, keyed: bool) -> Iterator[requests.Response]:
        """Ask for a result, following redirects only to safe addresses and there without key."""
        for _ in range(MAX_REDIRECTS):
            self._check_address(url)
            request = self._request(Call("GET", url, keyed=keyed))
            prepared = self._session.prepare_request(request)
            response = self._sent_for(prepared)
            if not response.is_redirect:
                with response:
                    self._check_status(response)
                    yield response
                return
            response.close()
            url, keyed = urljoin(url, response.headers["location"]), False
        raise ProviderError(f"{self.name} sends its result round in circles; try again.")

    def _sent_for(self, prepared: requests.PreparedRequest) -> requests.Response:
        try:
            return self._session.send(
                prepared,
                stream=True,
                allow_redirects=False,
                timeout=(self.patience.connect, self.patience.stall),
                proxies=_proxies(self._session, prepared.url or ""),
            )
        except (requests.RequestException, HTTPError, OSError):
            self._session = self._new_session()
            raise ProviderError(
                f"The result of {self.name} cannot be reached; try again."
            ) from None

    def _check_status(self, response: requests.Response) -> None:
        if response.status_code in (403, 404, 410):
            raise Gone(f"{self.name} does not have the result any more.")
        if response.status_code != 200:
            raise ProviderError(
                f"{self.name} does not hand out its result now (HTTP {response.status_code}); "
                "try again."
            )

    def _pieces(self, response: requests.Response) -> Iterator[tuple[int, bytes]]:
        count, since, at_since = 0, time.monotonic(), 0
        try:
            for piece in _pieces_of(response):
                count += len(piece)
                now = time.monotonic()
                if count > MAX_RESULT:
                    raise ProviderError(f"The result of {self.name} is larger than 8 GiB.")
                if now - since > self.patience.stall:
                    if count - at_since < self.patience.slowest * (now - since):
                        raise ProviderError(f"{self.name} sends its result too slowly; try again.")
                    since, at_since = now, count
                yield count, piece
        except HTTPError:
            raise ProviderError(f"The result of {self.name} broke off; try again.") from None

    def _check_media(self, file: Path, total: int, said: str) -> None:
        size = file.stat().st_size
        if total and size < total:
            raise ProviderError(f"The result of {self.name} broke off; try again.")
        with file.open("rb") as opened:
            start = opened.read(16)
        if media_kind(start) is None:
            kind = said.split(";")[0] or "something unknown"
            raise ProviderError(
                f"{self.name} delivered {kind} of {size} bytes instead of a film or picture; try "
                "again."
            )

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", HTTPAdapter(pool_maxsize=4))
        session.headers["User-Agent"] = "otio-bridge"
        session.trust_env = False  # no .netrc; proxies are looked up below
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        return session


def media_kind(start: bytes) -> str | None:
    """Return "video" or "picture" from the first 16 bytes of a file, None for anything else."""
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video"
    if start[:4] == b"RIFF":
        return "picture" if start[8:12] == b"WEBP" else "video"
    return next((kind for magic, kind in KINDS.items() if start.startswith(magic)), None)


def _pieces_of(response: requests.Response) -> Iterator[bytes]:
    """Yield bytes as they arrive: a slow sender must not hold us until a whole block is there."""
    while piece := response.raw.read1(CHUNK, decode_content=True):
        yield piece


def _never_left(error: Exception) -> bool:
    """Say whether no connection was made at all, so that nothing can have been accepted."""
    seen: list[object] = [error]
    while seen:
        one = seen.pop()
        if isinstance(one, (Refusing, ConnectTimeoutError, NameResolutionError, NoTrust)):
            return True
        if isinstance(one, Exception):
            seen += [*one.args, getattr(one, "reason", None)]
    return False


def _proxies(session: requests.Session, url: str) -> dict[str, str]:
    if _loopback(url):
        return {}
    return dict(requests.utils.get_environ_proxies(url))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host in ("", "localhost") or host.endswith((".localhost", ".internal", ".local"))
