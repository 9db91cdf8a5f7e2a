"""Runway's dialect."""

from __future__ import annotations

from typing import Any

from fakes.provider_server.messages import Reply, Seen, now
from fakes.provider_server.world import Task, World

CREATES = ("text_to_video", "image_to_video", "video_to_video", "text_to_image")
CREDITS = 25


def verb(seen: Seen) -> str:
    if seen.path in ("/v1/uploads", "/s3"):
        return "upload"
    if seen.path.startswith("/v1/tasks/"):
        return "cancel" if seen.method == "DELETE" else "look"
    return "create" if seen.path.removeprefix("/v1/") in CREATES else "other"


def answer(world: World, seen: Seen) -> Reply:
    if seen.path == "/s3":
        return stored(world, seen)
    if not seen.headers.get("authorization", "").startswith("Bearer "):
        return error("401", 401)
    if seen.headers.get("x-runway-version") != "2024-11-06":
        return error("mistake", 400)
    if seen.match("POST", "/v1/uploads"):
        name = f"{len(world.files) + 1}-{seen.body['filename']}"
        urls = {"uploadUrl": f"{seen.base}/s3", "runwayUri": f"runway://{name}"}
        return Reply(200, {**urls, "fields": {"key": name, "policy": "p"}})
    if seen.method == "POST" and seen.path.removeprefix("/v1/") in CREATES:
        return created(world, seen)
    if seen.match("GET", "/v1/organization"):
        return Reply(200, {"creditBalance": 1000, "tier": {"models": {}}, "usage": {"models": {}}})
    task = world.tasks.get(seen.path.removeprefix("/v1/tasks/"))
    if task is None:
        return error("404", 404)
    if seen.method == "DELETE":
        if task.looks < world.looks_needed:
            task.state = "cancelled"
        else:
            world.tasks.pop(task.id)
        return Reply(204, task=task.id)
    return Reply(200, task_of(world, seen, task), task=task.id)


def created(world: World, seen: Seen) -> Reply:
    if not isinstance(seen.body, dict) or not seen.body.get("model"):
        return error("mistake", 400)
    task = world.accept("runway", seen.body, seen.path)
    return Reply(200, {"id": task.id, "estimatedCost": {"credits": CREDITS}}, task=task.id)


def task_of(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    base = {"id": task.id, "createdAt": now()}
    if task.state == "cancelled":
        return {**base, "status": "CANCELLED", "cost": {"credits": 0}}
    if not world.done(task):
        return {**base, "status": "RUNNING", "progress": 0.5, "estimatedCost": {"credits": CREDITS}}
    if task.state == "task refused":
        code, words = "SAFETY.INPUT.IMAGE", "Content was moderated"
    elif task.state == "task failed":
        code, words = "INTERNAL.BAD_OUTPUT.CODE01", "Bad output"
    else:
        kind = "png" if task.path.endswith("text_to_image") else "mp4"
        url = f"{seen.base}/media/{task.id}.{kind}?_jwt=signed"
        output = [] if task.state == "no film" else [url]
        return {**base, "status": "SUCCEEDED", "output": output, "cost": {"credits": CREDITS}}
    failed = {"failure": words, "failureCode": code, "cost": {"credits": 0}}
    return {**base, "status": "FAILED", **failed}


def stored(world: World, seen: Seen) -> Reply:
    fields = seen.form()
    world.files[fields["key"][1].decode()] = fields["file"][1]
    return Reply(204)


def error(kind: str, status: int) -> Reply:
    words = {
        "429": "Too many requests",
        "401": "The API key you provided is not valid.",
        "refused": "The input did not pass the safety check",
        "404": "Task not found",
    }.get(kind, "Validation of body failed")
    body: dict[str, Any] = {"error": words}
    if kind == "mistake":
        body["issues"] = [{"message": "Required", "path": ["model"]}]
    return Reply(status, body)
