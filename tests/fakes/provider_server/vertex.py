"""Vertex's dialect: Veo operations, and the storage they write into."""

from __future__ import annotations

import base64
import re
from typing import Any

from fakes.provider_server.gemini import error
from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import Task, World

MODEL = r"/v1(?:beta1)?/(projects/[^/]+/locations/[^/]+/publishers/google/models/[^/:]+)"
__all__ = ["answer", "error", "verb"]


def verb(seen: Seen) -> str:
    if seen.path.endswith(":predictLongRunning"):
        return "create"
    if seen.path.endswith(":fetchPredictOperation"):
        return "look"
    return "fetch" if seen.path.startswith("/storage/") else "other"


def answer(world: World, seen: Seen) -> Reply:
    if not seen.headers.get("authorization", "").startswith("Bearer "):
        return error("401", 401)
    if found := seen.match("POST", MODEL + ":predictLongRunning"):
        if not seen.body.get("instances"):
            return error("mistake", 400)
        task = world.accept("vertex", seen.body, seen.path)
        task.facts["name"] = f"{found[1]}/operations/{task.id}"
        return Reply(200, {"name": task.facts["name"]}, task=task.id)
    if seen.match("POST", MODEL + ":fetchPredictOperation"):
        task = world.tasks.get(seen.body["operationName"].rpartition("/")[2])
        if task is None:
            return error("404", 404)
        return Reply(200, operation(world, task), task=task.id)
    return error("404", 404)


def media(world: World, seen: Seen) -> str:
    """Return whose film a path of the storage leads to."""
    found = re.fullmatch(r"/storage/v1/b/b/o/(?:\w+/)*([\w-]+)\.mp4", seen.path)
    return found[1] if found and seen.headers.get("authorization") else ""


def operation(world: World, task: Task) -> dict[str, Any]:
    name = task.facts["name"]
    if not world.done(task):
        return {"name": name}
    if task.state == "task failed":
        return {"name": name, "done": True, "error": {"code": 13, "message": "Internal error"}}
    response: dict[str, Any] = {"raiMediaFilteredCount": 0}
    if task.state in ("task refused", "no film"):
        words = "Veo could not generate videos. Support codes: 29310472"
        response |= {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [words]}
    elif task.body["parameters"].get("storageUri"):
        film = {"gcsUri": f"gs://b/o/{task.id}.mp4", "mimeType": "video/mp4"}
        response["videos"] = [film]
    else:
        content = base64.b64encode(world.media_of(task.id)).decode()
        response["videos"] = [{"bytesBase64Encoded": content, "mimeType": "video/mp4"}]
    return {"name": name, "done": True, "response": response}
