"""Where heavy work runs: here, in processes of this machine, or on a dask cluster.

Only judging and conforming go through it, which cost nothing and can be done again. Nothing that
is paid for ever does: requests, journal and money stay in the process that the person started.
On a cluster the project's folder must lie under the same path on every machine.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from otio_bridge.errors import BridgeError

T = TypeVar("T")
MOST = 64
"""Processes of one machine."""
WAIT = "15s"
"""Longest wait for a cluster to answer."""


class Workers(Protocol):
    """Hands that run plain functions; called from as many threads as there are."""

    count: int
    """How many calls run side by side."""

    def call(self, function: Callable[..., T], *words: Any, **named: Any) -> T:
        """Run a function elsewhere and return its answer or raise its error.

        A callable that is passed as `progress` is heard only by `Here`.
        """
        ...


class Here:
    """The process itself, one call after another."""

    count = 1

    def call(self, function: Callable[..., T], *words: Any, **named: Any) -> T:
        """Run it now."""
        return function(*words, **named)


class Processes:
    """Processes of this machine."""

    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool, self.count = pool, count

    def call(self, function: Callable[..., T], *words: Any, **named: Any) -> T:
        """Run it in one of them.

        Raises:
            BridgeError: A process was killed, mostly for want of memory.
        """
        try:
            return self._pool.submit(function, *words, **_quiet(named)).result()
        except BrokenExecutor as error:
            raise BridgeError(
                "A worker process was ended from outside; try again with fewer --workers."
            ) from error


class Dask:
    """A dask cluster that runs already."""

    def __init__(self, client: Any, count: int) -> None:
        self._client, self.count = client, count

    def call(self, function: Callable[..., T], *words: Any, **named: Any) -> T:
        """Run it on one of its workers.

        Raises:
            BridgeError: The cluster lost the work.
        """
        # pure=False: a film may have changed under the same path.
        future = self._client.submit(function, *words, **_quiet(named), pure=False)
        try:
            answer: T = future.result()
        except BridgeError:
            raise
        except Exception as error:
            raise BridgeError(
                f"The dask cluster failed at {function.__name__} ({type(error).__name__}: "
                f"{error}); check that its workers have otio-bridge and see the project's folder."
            ) from error
        return answer


@contextlib.contextmanager
def opened(words: str = "") -> Iterator[Workers]:
    """Open the workers that a person named, and close them at the end; a cluster stays up.

    Args:
        words: "" or "1" for this process, a number of processes, or "dask:ADDRESS" of a scheduler,
            such as "dask:tcp://10.0.0.5:8786".

    Raises:
        BridgeError: The words mean nothing, the cluster does not answer, or the extra lacks.
    """
    if words in ("", "1"):
        yield Here()
    elif words.startswith("dask:"):
        with _dask(words.removeprefix("dask:")) as found:
            yield found
    elif re.fullmatch(r"\d{1,3}", words) and 0 < int(words) <= MOST:
        count = int(words)
        # A fork of OpenCV's threads may hang.
        with ProcessPoolExecutor(count, get_context("spawn")) as pool:
            yield Processes(pool, count)
    else:
        raise BridgeError(
            f"'{words}' names no workers; give a number up to {MOST}, or dask:tcp://HOST:8786."
        )


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Dask]:
    try:
        from distributed import Client
    except ImportError as error:
        raise BridgeError(
            "dask is not installed; install otio-bridge with its extra 'cluster'."
        ) from error
    try:
        client = Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise BridgeError(
            f"No dask scheduler answers at {address} ({type(error).__name__}); check the address."
        ) from error
    with client:
        count = sum(client.nthreads().values())
        if not count:
            raise BridgeError(f"The dask cluster at {address} has no workers; start some.")
        yield Dask(client, count)


def _quiet(named: dict[str, Any]) -> dict[str, Any]:
    """Return what can travel: nobody hears progress from another process."""
    return {key: value for key, value in named.items() if key != "progress"}
