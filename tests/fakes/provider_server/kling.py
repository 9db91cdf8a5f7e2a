"""Kling's dialect."""

from __future__ import annotations

import re
from typing import Any

from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import Task, World

CREATE = r"/(text-to-video|image-to-video|omni-video|motion-control)/([\w.-]+)"
CONTENTS = {
    "prompt", "refer_image", "element", "feature_video", "base_video", "first_frame", "last_frame",
}  # fmt: skip
SETTINGS = {"multi_shot", "audio", "resolution", "aspect_ratio", "duration"}
OPTIONS = {"callback_url", "external_task_id", "watermark_info"}


def verb(seen: Seen) -> str:
    if re.fullmatch(CREATE, seen.path):
        return "create"
    if seen.path == "/tasks":
        return "list" if seen.method == "POST" or "external_task_ids" in seen.query else "look"
    return "other"


def answer(world: World, seen: Seen) -> Reply:
    if not re.match(r"Bearer (api-key-kling-|[\w-]+\.[\w-]+\.[\w-]+$)", auth(seen)):
        return error("401", 401)
    if found := seen.match("POST", CREATE):
        return created(world, seen, found[2])
    tasks = world.of("kling")
    if ids := ",".join(seen.query.get("task_ids", [])):
        tasks = [task for task in tasks if task.id in ids.split(",")]
        for task in tasks:
            world.done(task)
    elif ids := ",".join(seen.query.get("external_task_ids", [])):
        tasks = [task for task in tasks if task.external in ids.split(",")]
    data = [task_of(world, seen, task) for task in tasks]
    return good(data, tasks[0].id if tasks else "")


def auth(seen: Seen) -> str:
    return seen.headers.get("authorization", "")


def created(world: World, seen: Seen, model: str) -> Reply:
    options = seen.body.get("options", {})
    external = options.get("external_task_id", "")
    known = (
        {
            *(one["type"] for one in seen.body["contents"]),
        }
        <= CONTENTS
        and set(seen.body.get("settings", {})) <= SETTINGS
        and set(options) <= OPTIONS
    )
    if not known or seen.body["settings"].get("multi_shot") is not False:
        return error("mistake", 400)
    if external and any(task.external == external for task in world.of("kling")):
        return Reply(
            400, {"code": 1201, "message": "duplicate external_task_id", "request_id": "r"}
        )
    task = world.accept("kling", seen.body, seen.path, external)
    return good(task_of(world, seen, task), task.id)


def task_of(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    done = task.looks >= world.looks_needed
    ends = {"task refused": "failed", "task failed": "failed"}
    status = ends.get(task.state, "succeeded") if done else "submitted"
    body: dict[str, Any] = {
        "id": task.id, "status": status, "external_id": task.external,
        "create_time": int(task.created * 1000), "update_time": int(task.created * 1000),
    }  # fmt: skip
    if status == "failed":
        refused = task.state == "task refused"
        body |= {
            "error_code": 1301 if refused else 5001,
            "message": "risk control" if refused else "internal",
        }
    elif status == "succeeded":
        films = [
            {
                "type": "video",
                "id": "v1",
                "url": f"{seen.base}/media/{task.id}.mp4",
                "duration": "5.041",
            }
        ]
        body |= {"outputs": [] if task.state == "no film" else films}
    return body


def good(data: Any, task: str) -> Reply:
    return Reply(200, {"code": 0, "message": "", "request_id": "r", "data": data}, task=task)


def error(kind: str, status: int) -> Reply:
    code, words = {
        "429": (1302, "too many requests"),
        "401": (1002, "authorization is invalid"),
        "refused": (1301, "Failure to pass the risk control system"),
        "404": (1203, "resource not found"),
    }.get(kind, (1200, "invalid request parameters"))
    return Reply(status, {"code": code, "message": words, "request_id": "r"})
