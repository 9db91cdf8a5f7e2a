"""Replicate's dialect."""

from __future__ import annotations

import hashlib
from typing import Any

from fakes.provider_server.messages import Reply, Seen, now
from fakes.provider_server.world import Task, World

PAGE = 100
STATES = {"cancelled": "canceled", "task refused": "failed", "task failed": "failed"}
ERRORS = {
    "task refused": "The input or output was flagged as sensitive. Please try again. (E005)",
    "task failed": "CUDA out of memory",
}


def verb(seen: Seen) -> str:
    if seen.path == "/v1/files":
        return "upload"
    if seen.path.endswith("/cancel"):
        return "cancel"
    if seen.path.endswith("/predictions"):
        return "create" if seen.method == "POST" else "list"
    return "look" if seen.path.startswith("/v1/predictions/") else "other"


def answer(world: World, seen: Seen) -> Reply:
    if not seen.headers.get("authorization", "").startswith("Bearer "):
        return error("401", 401)
    if seen.path == "/v1/files" and seen.method == "POST":
        name, content = seen.form()["content"]
        return Reply(201, uploaded(world, seen, name, content))
    if found := seen.match("POST", r"/v1/models/([^/]+/[^/]+)/predictions"):
        if not isinstance(seen.body, dict) or "prompt" not in seen.body.get("input", {}):
            return error("mistake", 422)
        task = world.accept("replicate", seen.body, found[1])
        return Reply(201, prediction(world, seen, task), task=task.id)
    if seen.match("GET", "/v1/predictions"):
        return Reply(200, page(world, seen, int(seen.asked("cursor") or 0)))
    found = seen.match("GET", r"/v1/predictions/([^/]+)") or seen.match(
        "POST", r"/v1/predictions/([^/]+)/cancel"
    )
    task = world.tasks.get(found[1]) if found else None
    if task is None:
        return error("404", 404)
    if seen.method == "POST":
        task.state = "cancelled"
    else:
        world.done(task)
    return Reply(200, prediction(world, seen, task), task=task.id)


def page(world: World, seen: Seen, start: int) -> dict[str, Any]:
    tasks = world.of("replicate")
    listed = [prediction(world, seen, task) for task in tasks[start : start + PAGE]]
    more = (
        f"{seen.base}/v1/predictions?cursor={start + PAGE}" if len(tasks) > start + PAGE else None
    )
    return {"results": listed, "next": more, "previous": None}


def uploaded(world: World, seen: Seen, name: str, content: bytes) -> dict[str, Any]:
    file = f"f{len(world.files) + 1}"
    world.files[file] = content
    return {
        "id": file, "name": name, "content_type": "image/png", "size": len(content), "etag": "e",
        "checksums": {"sha256": hashlib.sha256(content).hexdigest()}, "metadata": {},
        "created_at": now(), "expires_at": now(), "urls": {"get": f"{seen.base}/v1/files/{file}"},
    }  # fmt: skip


def prediction(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    done = task.looks >= world.looks_needed
    state = (
        STATES.get(task.state, "succeeded") if done or task.state == "cancelled" else "processing"
    )
    own = f"{seen.base}/v1/predictions/{task.id}"
    ready = state == "succeeded" and task.state != "no film"
    return {
        "id": task.id, "model": task.path, "version": "hidden", "input": task.body["input"],
        "logs": "", "output": f"{seen.base}/media/{task.id}.mp4" if ready else None,
        "error": ERRORS.get(task.state) if state == "failed" else None,
        "status": "starting" if task.looks == 0 and state == "processing" else state,
        "created_at": now(), "metrics": {"predict_time": 1.0},
        "urls": {"get": own, "cancel": f"{own}/cancel", "stream": f"{own}/stream"},
    }  # fmt: skip


def error(kind: str, status: int) -> Reply:
    words = {
        "429": "Request was throttled. Expected available in 1 second.",
        "401": "You did not pass a valid authentication token",
        "refused": "Input flagged as sensitive by the safety filter",
        "404": "The requested resource could not be found.",
    }.get(kind, "input: prompt is required")
    return Reply(status, {"title": "Error", "detail": words, "status": status})
