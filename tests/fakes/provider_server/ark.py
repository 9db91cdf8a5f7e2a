"""Ark's dialect: Seedance tasks and Seedream pictures."""

from __future__ import annotations

import base64
from typing import Any

from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import Task, World

TASKS = "/api/v3/contents/generations/tasks"
STATES = {"cancelled": "cancelled", "task refused": "failed", "task failed": "failed"}
KNOWN = {
    "model", "content", "safety_identifier", "callback_url", "return_last_frame", "service_tier",
    "execution_expires_after", "priority", "generate_audio", "draft", "camera_fixed", "watermark",
    "seed", "resolution", "ratio", "duration", "frames", "tools", "output_format",
    "omni_reference_task_type",
}  # fmt: skip
QUEUED = 2
"""Looks during which a task still waits in the queue."""
REFUSAL = "InputImageSensitiveContentDetected.PrivacyInformation"


def path_of(seen: Seen) -> str:
    """Take the path with and without the base that the documents show."""
    return seen.path if seen.path.startswith("/api/v3") else f"/api/v3{seen.path}"


def verb(seen: Seen) -> str:
    path = path_of(seen)
    if path == "/api/v3/images/generations":
        return "create"
    if path == TASKS:
        return "create" if seen.method == "POST" else "list"
    if path.startswith(TASKS):
        return "cancel" if seen.method == "DELETE" else "look"
    return "other"


def answer(world: World, seen: Seen) -> Reply:
    if not seen.headers.get("authorization", "").startswith("Bearer "):
        return error("401", 401)
    path = path_of(seen)
    if path == "/api/v3/images/generations":
        return picture(world, seen)
    if path == TASKS:
        return created(world, seen) if seen.method == "POST" else listed(world, seen)
    task = world.tasks.get(path.removeprefix(f"{TASKS}/"))
    if task is None:
        return error("404", 404)
    if seen.method == "DELETE":
        if task.looks > QUEUED:
            return error("mistake", 409)
        task.state = "cancelled"
        return Reply(200, {}, task=task.id)
    world.done(task)
    return Reply(200, task_of(world, seen, task), task=task.id)


def created(world: World, seen: Seen) -> Reply:
    body = {key: value for key, value in seen.body.items() if value is not None}
    if wrong(body):
        return error("mistake", 400)
    task = world.accept("ark", body, seen.path)
    return Reply(200, {"id": task.id}, task=task.id)


def wrong(body: dict[str, Any]) -> bool:
    """Say whether a body breaks the documented rules."""
    roles = {one.get("role") for one in body.get("content", [])}
    frames = roles & {"first_frame", "last_frame"}
    films = [one for one in body.get("content", []) if one.get("type") == "video_url"]
    return bool(
        set(body) - KNOWN
        or not body.get("content")
        or (frames and "reference_image" in roles)
        or (frames and body.get("ratio") not in (None, "adaptive"))
        or any(one["video_url"]["url"].startswith("data:") for one in films)
    )


def listed(world: World, seen: Seen) -> Reply:
    wanted = seen.query.get("filter.task_ids")
    model = seen.asked("filter.model")
    tasks = [task for task in world.of("ark") if not wanted or task.id in wanted]
    tasks = [task for task in tasks if not model or task.body["model"] == model]
    number, size = int(seen.asked("page_num") or 1), int(seen.asked("page_size") or 10)
    page = tasks[(number - 1) * size : number * size]
    items = [task_of(world, seen, task) for task in page]
    return Reply(200, {"total": len(tasks), "items": items})


def task_of(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    done = task.looks >= world.looks_needed
    waiting = "queued" if task.looks <= QUEUED else "running"
    status = STATES.get(task.state, "succeeded") if done or task.state == "cancelled" else waiting
    body = task.body
    answer: dict[str, Any] = {
        "id": task.id, "model": body["model"], "status": status, "error": None, "content": None,
        "seed": body.get("seed", -1), "resolution": body.get("resolution", "720p"),
        "ratio": body.get("ratio", "16:9"), "duration": body.get("duration", 5),
        "framespersecond": 24, "service_tier": "default", "priority": 0,
        "execution_expires_after": body.get("execution_expires_after", 172800),
        "created_at": int(task.created), "updated_at": int(task.created) + 1,
    }  # fmt: skip
    if status == "failed":
        refused = task.state == "task refused"
        code = "OutputVideoSensitiveContentDetected" if refused else "InternalServiceError"
        answer["error"] = {"code": code, "message": "The request failed. Request id: 0217"}
    elif status == "succeeded":
        film = "" if task.state == "no film" else f"{seen.base}/media/{task.id}.mp4"
        answer["content"] = {"video_url": film, "last_frame_url": f"{seen.base}/media/l.png"}
        answer["usage"] = {"completion_tokens": 108900, "total_tokens": 108900}
    return answer


def picture(world: World, seen: Seen) -> Reply:
    task = world.accept("ark", seen.body, seen.path)
    item: dict[str, Any] = {"size": "2048x2048"}
    if task.state == "task refused":
        code = "OutputImageSensitiveContentDetected"
        item["error"] = {"code": code, "message": "sensitive. Request id: 02"}
    elif seen.body.get("response_format") == "b64_json":
        item["b64_json"] = base64.b64encode(world.picture).decode()
    else:
        item["url"] = f"{seen.base}/media/{task.id}.png"
    body = {"model": seen.body["model"], "created": 1, "data": [item]}
    return Reply(200, {**body, "usage": {"generated_images": 1}}, task=task.id)


def error(kind: str, status: int) -> Reply:
    code, words = {
        "429": ("RateLimitExceeded.EndpointRPMExceeded", "slow down"),
        "401": ("AuthenticationError", "The API key format is incorrect"),
        "refused": (REFUSAL, "The request failed because the input image may contain real person"),
        "404": ("ResourceNotFound", "The specified task was not found"),
    }.get(kind, ("InvalidParameter.TaskTypeConstraint", "the content does not fit the task"))
    words = f"{words}. Request id: 021763000000000000000000000000000000ffff"
    return Reply(status, {"error": {"code": code, "message": words, "param": "", "type": "X"}})
