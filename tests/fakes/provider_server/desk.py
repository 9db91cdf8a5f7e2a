"""A project whose providers all live on the test server, and what a test does with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from fakes.provider_server.server import DIALECTS, ProviderServer
from fakes.provider_server.world import PNG
from otio_bridge import provider
from otio_bridge.journal import Journal
from otio_bridge.model import Job, Performer, Reference, Request
from otio_bridge.project import Project
from otio_bridge.worker import JobProgress, Worker

NAMES = tuple(DIALECTS)
KEYS = {
    "ARK_API_KEY": "ark-0f5e-planted-secret-one",
    "RUNWAYML_API_SECRET": "key_planted-secret-two",
    "GEMINI_API_KEY": "AIzaPlantedSecretThree",
    "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.planted-secret-four",
    "KLING_API_KEY": "api-key-kling-planted-secret-five",
    "FAL_KEY": "planted-secret-six:0123",
    "REPLICATE_API_TOKEN": "r8_plantedSecretSeven",
}
"""Key of every provider that needs one."""
SAVING = {
    "3": {"class_type": "KSampler", "inputs": {"seed": "{seed}", "text": "a film: {prompt}"}},
    "9": {"class_type": "SaveVideo", "inputs": {"filename_prefix": "{prefix}", "fps": "{fps}"}},
}
"""The smallest workflow that keeps the rules."""


def a_request(name: str, **changes: Any) -> Request:
    """Return a request that every provider can do: two references, 4 seconds, 16:9."""
    looks = tuple(
        Reference(name=who, images=(f"references/character/{who}.png",)) for who in ("Ada", "Ben")
    )
    facts: dict[str, Any] = dict(
        id=uuid4().hex, shot="s1", take="t01", provider=name,
        model=provider.find(name).limits.models[0], seed=int(uuid4().hex[:7], 16),
        prompt="Image 1 is Ada (character, on the left). Image 2 is Ben (character). They hug.",
        slot_start=-12, frames=96, slot_frames=72, rate="24/1", size=(1280, 720),
        performers=(Performer(name="Ada"), Performer(name="Ben", side="right")),
        references=looks, estimate_usd=0.5,
    )  # fmt: skip
    return Request.model_validate(facts | changes)


def laid_out(folder: Path, server: ProviderServer, **changes: Any) -> None:
    """Write a user's providers.json and set the keys in the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    workflow = folder / "workflow.json"
    workflow.write_text(json.dumps(SAVING))
    (folder / "providers.json").write_text(json.dumps(server.settings(workflow, **changes)))
    os.environ["OTIO_BRIDGE_DATA_DIR"] = str(folder)
    os.environ.update(KEYS)


def with_pictures(project: Project) -> None:
    """Put the pictures of `a_request` into a project."""
    for who in ("Ada", "Ben"):
        file = project.path(f"references/character/{who}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PNG)
    frame = project.path("raw/frame.png")
    frame.parent.mkdir(parents=True, exist_ok=True)
    frame.write_bytes(PNG)


SETTLED = ("fetched", "refused", "failed", "cancelled")


@dataclass
class Desk:
    """One project, its journal and the server."""

    server: ProviderServer
    project: Project
    journal: Journal

    def ask(self, name: str, **changes: Any) -> Job:
        """Plan one job."""
        return self.journal.plan(a_request(name, **changes))

    def worker(self) -> Worker:
        """Return a worker as a new process would have it."""
        return Worker(self.project, self.journal)

    def end(self, job: Job, ticks: int = 8) -> Job:
        """Tick until a job is settled, or so often."""
        worker = self.worker()
        self.news: list[JobProgress] = []
        for _ in range(ticks):
            moved = worker.tick(self.news.append)
            now = self.journal.job(job.id)
            if now.state in SETTLED or (now.state == "unknown" and not moved):
                break
        return now


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give a folder in memory where there is one: what is synced there is synced at once."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@contextmanager
def a_desk(folder: Path, server: ProviderServer, **changes: Any) -> Iterator[Desk]:
    """Open a desk in a folder; the environment's keys are set until the test's fixture ends."""
    laid_out(folder / "data", server, **changes)
    with Project.opened(folder / "edit", create=True) as project:
        with_pictures(project)
        with Journal.opened(project) as journal:
            yield Desk(server, project, journal)
