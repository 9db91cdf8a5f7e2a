"""Starts workers that will be killed: one fork an order, from a process that has all imported.

Reads one JSON order a line, writes the worker's process id, then how it ended.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from fakes.provider_server.desk import a_request
from otio_bridge import provider
from otio_bridge.journal import Journal
from otio_bridge.project import Project
from otio_bridge.worker import Worker


def work(order: dict[str, Any]) -> None:
    """Plan the job if nobody has yet, and move it to its end."""
    os.environ.update(order["environment"])
    job_id = order["job"]
    with Project.opened(order["folder"]) as project, Journal.opened(project) as journal:
        if job_id not in {job.id for job in journal.jobs()}:
            journal.plan(a_request(order["provider"], id=job_id, prompt=f"take {job_id}, a hug"))
        Worker(project, journal).run([job_id], poll_seconds=0.002)


def main() -> None:
    for name in provider.known():
        provider.find(name)  # imports it before the forks
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(json.loads(line))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
