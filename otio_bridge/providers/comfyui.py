"""ComfyUI on this machine or in the studio: a workflow of the user's own, with named slots.

In the workflow, exported in API format, inputs are written as "{prompt}", "{seed}", "{seconds}",
"{frames}", "{fps}", "{width}", "{height}", "{image_1}", "{first_frame}", "{last_frame}", "{film}"
and, in the node that saves, "{prefix}". The prompt's id is made from the request's and the result's
name begins with it, so both are found again, even after ComfyUI forgot its history in a restart.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted, field_of
from otio_bridge.providers._inputs import Ask, media_type
from otio_bridge.providers._talk import Answer, Call, Media, Part, Talk, Trouble

SPACE = uuid.UUID("6f1c9a52-5a0e-4c0e-9b57-0f5f2a0f6a11")
"""Under which the ids of prompts are made."""
FOLDER = "otio-bridge"
KINDS = ("video", "gifs", "images")
SAVED_AS = ("{}_00001_.mp4", "{}_00001.mp4", "{}_00001_.webm")
"""How nodes name the first file they save under a prefix."""
SLOT = re.compile(r"\{(\w+)\}")


class ComfyUI(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "comfyui"
    title = "ComfyUI"
    hosts: ClassVar[dict[str, str]] = {"": "http://127.0.0.1:8188"}
    billing = "it costs nothing"
    declared = Limits(
        models=("workflow",),
        max_seconds=Fraction(15),
        max_references=9,
        first_frame=True,
        last_frame=True,
        steps=("chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(1),
        source="this machine; what the workflow can do is for its author to say",
        as_of="2026-11-22",
        finds_lost=True,
        checked="its documents only; never met a live ComfyUI",
    )

    @property
    def lacks(self) -> str:
        """Say that a workflow is needed, and what is wrong with the one that is set."""
        try:
            self._workflow()
        except ProviderError as error:
            return str(error)
        return ""

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Upload the pictures, then queue the workflow with its slots filled."""
        workflow = self._workflow()
        names = {f"image_{n}": file for n, file in enumerate(ask.pictures, 1)}
        more = {"first_frame": ask.first, "last_frame": ask.last, "film": ask.source}
        values = values_of(ask)
        for slot, file in (names | more).items():
            if file is not None and f"{{{slot}}}" in json.dumps(workflow):
                values[slot] = yield from self.handle(file)
        prompt = filled(workflow, values)
        body = {"prompt": prompt, "prompt_id": prompt_id(ask.request.id), "client_id": FOLDER}
        yield Call("POST", "/prompt", json=body, paid=True)
        return ask.request.id

    def handle(self, file: Path) -> Talk[str]:
        """Upload a picture or film and return the name that ComfyUI gave it."""
        part = Part("image", file, file.name, media_type(file))
        answer = yield Call(
            "POST", "/upload/image", form={"type": "input", "subfolder": FOLDER}, part=part
        )
        folder = answer.body.get("subfolder")
        return f"{folder}/{answer.body['name']}" if folder else str(answer.body["name"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Look into the history, the queue and, after a restart, for the saved file."""
        entry = yield from self._history(remote_id)
        if entry is not None:
            if field_of(entry, "status", "status_str") == "error":
                return self.ended(Trouble("mistake", "", _error(entry)))
            if _output(entry) is not None:
                return Look("ready", 1.0)
            words = "the workflow saved no film; let one node save under '{prefix}'"
            return self.ended(Trouble("mistake", "", words))
        if (yield from self._queued(remote_id)):
            return Look("running", why="in ComfyUI's queue")
        if (yield from self._saved(remote_id)) is not None:
            return Look("ready", 1.0)
        return self.missing()

    def found(self, remote_id: str) -> Talk[Media]:
        """Return where the saved file can be read."""
        entry = yield from self._history(remote_id)
        output = _output(entry) if entry is not None else (yield from self._saved(remote_id))
        if output is None:
            return self.missing()
        return Media(url=f"/view?{urlencode(output)}")

    def stopped(self, remote_id: str) -> Talk[None]:
        """Take a prompt out of the queue, or interrupt it."""
        prompt = prompt_id(remote_id)
        yield Call("POST", "/queue", json={"delete": [prompt]})
        yield Call("POST", "/interrupt", json={"prompt_id": prompt})

    def matched(self, request: Request) -> Talk[str | None]:
        """Look for the id that we chose: history, queue, saved file."""
        known = (
            (yield from self._history(request.id))
            or (yield from self._queued(request.id))
            or (yield from self._saved(request.id))
        )
        return request.id if known else None

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"error": {"type", "message", "details"}, "node_errors"}`."""
        error = answer.body["error"]
        words = ": ".join(str(error[key]) for key in ("message", "details") if error.get(key))
        return Trouble("mistake", str(error.get("type") or ""), words)

    def _workflow(self) -> dict[str, Any]:
        path = Path(str(self.settings.options.get("workflow", "")))
        try:
            workflow = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ProviderError(
                "There is no workflow for ComfyUI; export one in API format and name the file as "
                "'options': {'workflow': ...} under comfyui in providers.json."
            ) from None
        if "{prefix}" not in json.dumps(workflow):
            raise ProviderError(
                f"The workflow {path.name} has no '{{prefix}}'; write it as the file name in the "
                "node that saves, or its result cannot be found."
            )
        return dict(workflow)

    def _history(self, remote_id: str) -> Talk[dict[str, Any] | None]:
        prompt = prompt_id(remote_id)
        answer = yield Call("GET", f"/history/{prompt}")
        entry = answer.body.get(prompt)
        return dict(entry) if entry else None

    def _queued(self, remote_id: str) -> Talk[bool]:
        answer = yield Call("GET", "/queue")
        entries = [*answer.body["queue_running"], *answer.body["queue_pending"]]
        return any(prompt_id(remote_id) in entry for entry in entries)

    def _saved(self, remote_id: str) -> Talk[dict[str, str] | None]:
        for pattern in SAVED_AS:
            name = pattern.format(remote_id)
            place = {"filename": name, "subfolder": FOLDER, "type": "output"}
            missing = frozenset({400, 403, 404})
            answer = yield Call("HEAD", f"/view?{urlencode(place)}", accepts=missing)
            if answer.status == 200:
                return place
        return None


def prompt_id(request_id: str) -> str:
    """Return the id under which ComfyUI knows a request."""
    return str(uuid.uuid5(SPACE, request_id))


def values_of(ask: Ask) -> dict[str, Any]:
    """Return what fills the slots, numbers as numbers."""
    request = ask.request
    rate = Fraction(request.rate)
    return {
        "prompt": ask.prompt,
        "seed": request.seed,
        "seconds": ask.seconds,
        "frames": request.frames,
        "fps": int(rate) if rate.denominator == 1 else float(rate),
        "width": request.size[0],
        "height": request.size[1],
        "prefix": f"{FOLDER}/{request.id}",
    }


def filled(workflow: Any, values: Mapping[str, Any]) -> Any:
    """Return a workflow with its slots filled; a slot alone keeps the value's type.

    Raises:
        ProviderError: It wants a picture or film that this request does not have.
    """
    if isinstance(workflow, dict):
        return {key: filled(value, values) for key, value in workflow.items()}
    if isinstance(workflow, list):
        return [filled(value, values) for value in workflow]
    if not isinstance(workflow, str):
        return workflow
    for slot in SLOT.findall(workflow):
        if slot not in values and re.fullmatch(r"image_\d+|first_frame|last_frame|film", slot):
            raise ProviderError(
                f"The ComfyUI workflow wants '{{{slot}}}' and the shot has none; give one, or take "
                "the slot out of the workflow."
            )
    alone = SLOT.fullmatch(workflow)
    if alone is not None and alone[1] in values:
        return values[alone[1]]
    return SLOT.sub(lambda found: str(values.get(found[1], found[0])), workflow)


def _output(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the first saved film of a finished prompt, or else its first picture."""
    outputs = (entry.get("outputs") or {}).values()
    for kind in KINDS:
        for node in outputs:
            for one in node.get(kind) or []:
                if one.get("type", "output") == "output":
                    place = ("filename", "subfolder", "type")
                    return {key: str(one.get(key, "")) for key in place}
    return None


def _error(entry: Mapping[str, Any]) -> str:
    for event, data in field_of(entry, "status", "messages") or []:
        if event == "execution_error":
            return f"{data.get('node_type')}: {data.get('exception_message')}"
        if event == "execution_interrupted":
            return "somebody interrupted it"
    return "no reason given"
