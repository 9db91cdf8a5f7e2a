"""The render queue of a project: real files of the frames that are really there (facts 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .handle import Handle
from .model import Sequence, fresh_id
from .truth import shown_at

FORMATS = {"QuickTime": "mov"}
CODECS = {"Motion JPEG": "MJPEG", "ProRes 422": "ProRes422", "DNxHR HQ": "DNxHRHQ"}
PRESETS = ("H.264 Master", "ProRes 422 HQ")
KNOWN = frozenset(
    {"SelectAllFrames", "MarkIn", "MarkOut", "TargetDir", "CustomName", "ExportVideo",
     "ExportAudio", "FormatWidth", "FormatHeight", "FrameRate", "UniqueFilenameStyle"}
)  # fmt: skip
LATER = {"AddFrameHandles": (21, 0, 4)}
POLLS = 2
"""How often a render still says that it is in progress."""


@dataclass
class Job:
    """One entry of the queue; `first` and `last` are record frames, both rendered."""

    sequence: Sequence
    first: int
    last: int
    target: Path
    done: bool = False
    error: str = ""


@dataclass
class Queue:
    """What the Deliver page has: the preset, settings over it, jobs."""

    preset: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    polls: int = 0


class Rendering(Handle):
    """The part of Project that renders."""

    def LoadRenderPreset(self, presetName: str) -> bool:
        if presetName not in PRESETS:
            return False
        self._fake.queue.preset, self._fake.queue.settings = presetName, {}
        return True

    def GetRenderFormats(self) -> dict[str, str]:
        return dict(FORMATS)

    def GetRenderCodecs(self, renderFormat: str) -> dict[str, str]:
        """{description: id}; SetCurrentRenderFormatAndCodec wants the id (facts 9)."""
        return dict(CODECS) if renderFormat in FORMATS.values() else {}

    def SetCurrentRenderFormatAndCodec(self, format: str, codec: str) -> bool:
        return format in FORMATS.values() and codec in CODECS.values()

    def SetRenderSettings(self, settings: dict[str, Any]) -> bool:
        """Settings lie over the current preset; an unknown key is refused."""
        build = self._fake.knobs.build
        allowed = KNOWN | {key for key, since in LATER.items() if build >= since}
        if self._fake.knobs.render_needs_deliver and self._fake.page != "deliver":
            return False
        if not settings.keys() <= allowed:
            return False
        self._fake.queue.settings.update(settings)
        return True

    def AddRenderJob(self) -> str:
        queue, sequence = self._fake.queue, self._fake.project.current
        folder = Path(str(queue.settings.get("TargetDir", "")))
        if sequence is None or not queue.preset or not queue.settings.get("TargetDir"):
            return ""
        whole = bool(queue.settings.get("SelectAllFrames", True))
        first = sequence.start if whole else int(queue.settings["MarkIn"])
        last = sequence.end - 1 if whole else int(queue.settings["MarkOut"])
        name = str(queue.settings.get("CustomName", sequence.name))
        job = Job(sequence, first, last, _unused(folder / f"{name}.mov"))
        queue.jobs[number := fresh_id()] = job
        return number

    def DeleteRenderJob(self, jobId: str) -> bool:
        return self._fake.queue.jobs.pop(jobId, None) is not None

    def StartRendering(self, jobIds: list[str], isInteractiveMode: bool = False) -> bool:
        jobs = [self._fake.queue.jobs.get(one) for one in jobIds]
        if not jobs or (self._fake.knobs.render_needs_deliver and self._fake.page != "deliver"):
            return False
        for job in jobs:
            if job is None:
                return False
            _render(job)
        self._fake.queue.polls = POLLS
        return True

    def IsRenderingInProgress(self) -> bool:
        self._fake.queue.polls = max(self._fake.queue.polls - 1, 0)
        return self._fake.queue.polls > 0

    def StopRendering(self) -> None:
        self._fake.queue.polls = 0

    def GetRenderJobStatus(self, jobId: str) -> dict[str, Any]:
        """JobStatus is in the user's language; Error and CompletionPercentage are not (facts 9)."""
        job = self._fake.queue.jobs.get(jobId)
        if job is None:
            return {}
        german = self._fake.knobs.localised_status
        words = ("Abgeschlossen", "Bereit") if german else ("Complete", "Ready")
        known = {"JobStatus": words[0] if job.done else words[1],
                 "CompletionPercentage": 100 if job.done else 0,
                 "TimeTakenToRenderInMs": 1, "EstimatedTimeRemainingInMs": 0}  # fmt: skip
        return {**known, "Error": job.error} if job.error else known


def _unused(path: Path) -> Path:
    """An existing name becomes name_0 (facts 9)."""
    number, free = 0, path
    while free.exists():
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free


def _render(job: Job) -> None:
    """Write the topmost pictures; black where there are none."""
    seen = [shown_at(job.sequence, frame) for frame in range(job.first, job.last + 1)]
    if not seen or not job.target.parent.is_dir():
        job.error = "The render target cannot be written"
        return
    pictures = _decoded(seen)
    size = next((one.shape for one in pictures.values()), (72, 128))
    with av.open(str(job.target), "w") as film:
        stream = film.add_stream("mjpeg", rate=Fraction(job.sequence.rate))
        stream.width, stream.height, stream.pix_fmt = size[1], size[0], "yuvj420p"
        for number, one in enumerate(seen):
            grey = pictures.get(one) if one else None
            black = np.zeros(size, np.uint8)
            frame = av.VideoFrame.from_ndarray(black if grey is None else grey, format="gray")
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    job.done = True


def _decoded(seen: list[tuple[str, int] | None]) -> dict[tuple[str, int], np.ndarray]:
    """Grey pictures (height x width, uint8) of the (path, frame) pairs that can be read."""
    wanted = {one for one in seen if one is not None}
    found = {}
    for path in {path for path, _ in wanted}:
        for number, picture in _pictures(path):
            if (path, number) in wanted:
                found[path, number] = picture
    return found


def _pictures(path: str) -> Iterator[tuple[int, np.ndarray]]:
    if Path(path).is_file():
        with av.open(path) as film:
            for number, frame in enumerate(film.decode(video=0)):
                yield number, frame.to_ndarray(format="gray")
