"""Gemini's dialect: files, interactions (Omni), pictures."""

from __future__ import annotations

import base64
from typing import Any

from fakes.provider_server.messages import Reply, Seen, now
from fakes.provider_server.world import Task, World

VERSION = r"/v1(?:beta)?"
INTERACTION = VERSION + r"/interactions/([^/:]+)"


def verb(seen: Seen) -> str:
    if seen.path.startswith(("/upload/", "/put/")):
        return "upload"
    if seen.path.endswith("/cancel"):
        return "cancel"
    if seen.path.endswith((":generateContent", "/interactions")):
        return "create"
    return "look" if "/interactions/" in seen.path else "other"


def answer(world: World, seen: Seen) -> Reply:
    if seen.path.startswith("/put/"):
        return stored(world, seen)
    if not seen.headers.get("x-goog-api-key"):
        return error("401", 401)
    if seen.match("POST", r"/upload" + VERSION + "/files"):
        number = len(world.files) + 1
        headers = {
            "x-goog-upload-url": f"{seen.base}/put/{number}",
            "x-goog-upload-status": "active",
        }
        return Reply(200, {}, headers)
    if seen.match("POST", VERSION + r"/models/[^/]+:generateContent"):
        return picture(world, seen)
    if seen.match("POST", VERSION + "/interactions"):
        return created(world, seen)
    found = seen.match("GET", INTERACTION) or seen.match("POST", INTERACTION + "/cancel")
    task = world.tasks.get(found[1]) if found else None
    if task is None:
        return error("404", 404)
    if seen.method == "POST":
        task.state = "cancelled"
        return Reply(200, {"id": task.id, "status": "cancelled"}, task=task.id)
    return Reply(200, interaction(world, seen, task), task=task.id)


def created(world: World, seen: Seen) -> Reply:
    form = seen.body.get("response_format", {})
    if not seen.body.get("input") or form.get("type") != "video":
        return error("mistake", 400)
    task = world.accept("gemini", seen.body, seen.path)
    body = {"id": task.id, "object": "interaction", "model": seen.body["model"]}
    times = {"created": now(), "updated": now()}
    return Reply(200, {**body, **times, "status": "in_progress"}, task=task.id)


def interaction(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    base = {"id": task.id, "model": task.body["model"], "usage": {"total_output_tokens": 1}}
    if task.state == "cancelled":
        return {**base, "status": "cancelled"}
    if not world.done(task):
        return {**base, "status": "in_progress"}
    if task.state == "task refused":
        errors = [{"code": "SAFETY", "message": "The output was blocked by the safety filters"}]
        return {**base, "status": "failed", "errors": errors}
    if task.state == "task failed":
        return {**base, "status": "failed", "errors": [{"code": "INTERNAL", "message": "oops"}]}
    uri = f"{seen.base}/media/{task.id}.mp4?alt=media"
    film = [{"type": "video", "mime_type": "video/mp4", "uri": uri}]
    content = [] if task.state == "no film" else film
    return {**base, "status": "completed", "steps": [{"type": "model_output", "content": content}]}


def picture(world: World, seen: Seen) -> Reply:
    task = world.accept("gemini", seen.body, seen.path)
    if task.state == "task refused":
        candidate: dict[str, Any] = {"finishReason": "IMAGE_SAFETY", "content": {}}
    else:
        inside = {"mimeType": "image/png", "data": base64.b64encode(world.picture).decode()}
        content = {"role": "model", "parts": [{"inlineData": inside}]}
        candidate = {"content": content, "finishReason": "STOP"}
    return Reply(200, {"candidates": [candidate]}, task=task.id)


def stored(world: World, seen: Seen) -> Reply:
    name = f"files/{seen.path.removeprefix('/put/')}"
    world.files[name] = seen.raw
    file = {"name": name, "uri": f"{seen.base}/v1beta/{name}", "state": "ACTIVE"}
    mime = seen.headers.get("x-goog-upload-header-content-type", "image/png")
    return Reply(200, {"file": {**file, "mimeType": mime}}, {"x-goog-upload-status": "final"})


def error(kind: str, status: int) -> Reply:
    name, words = {
        "429": ("RESOURCE_EXHAUSTED", "quota"),
        "401": ("UNAUTHENTICATED", "API key not valid. Please pass a valid API key."),
        "refused": ("INVALID_ARGUMENT", "The prompt was blocked by the safety policy"),
        "404": ("NOT_FOUND", "not found"),
    }.get(kind, ("INVALID_ARGUMENT", "Invalid value at input"))
    body: dict[str, Any] = {"code": status, "message": words, "status": name}
    if kind == "429":
        retry = "type.googleapis.com/google.rpc.RetryInfo"
        body["details"] = [{"@type": retry, "retryDelay": "0.2s"}]
    return Reply(status, {"error": body})
