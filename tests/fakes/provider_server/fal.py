"""fal's dialect: queue, storage and CDN under one prefix."""

from __future__ import annotations

from typing import Any

from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import Task, World

REQUEST = r"/([\w.-]+/[\w.-]+)/requests/([\w-]+)"


def verb(seen: Seen) -> str:
    if seen.path.startswith(("/storage/", "/files/")):
        return "upload"
    if seen.path.endswith("/cancel"):
        return "cancel"
    if "/requests/" in seen.path:
        return "look"
    return "create" if seen.method == "POST" else "other"


def answer(world: World, seen: Seen) -> Reply:
    if seen.path == "/files/upload":
        return uploaded(world, seen)
    if not seen.headers.get("authorization", "").startswith("Key "):
        return error("401", 401)
    if seen.match("POST", "/storage/auth/token"):
        token = {"token": "upload-token", "token_type": "Bearer", "base_url": seen.base}
        return Reply(200, {**token, "expires_at": "2030-01-01T00:00:00+00:00"})
    if "/requests/" in seen.path:
        return asked(world, seen)
    if not isinstance(seen.body, dict) or not seen.body.get("prompt"):
        return error("mistake", 422)
    app = "/".join(seen.path.strip("/").split("/")[:2])
    task = world.accept("fal", seen.body, seen.path)
    own = f"{seen.base}/{app}/requests/{task.id}"
    urls = {"response_url": own, "status_url": f"{own}/status", "cancel_url": f"{own}/cancel"}
    return Reply(200, {"request_id": task.id, **urls, "queue_position": 0}, task=task.id)


def asked(world: World, seen: Seen) -> Reply:
    found = (
        seen.match("GET", REQUEST + "/status")
        or seen.match("GET", REQUEST)
        or seen.match("PUT", REQUEST + "/cancel")
    )
    task = world.tasks.get(found[2]) if found else None
    if task is None:
        return error("404", 404)
    if seen.path.endswith("/cancel"):
        task.state = "task failed"
        return Reply(202, {"status": "CANCELLATION_REQUESTED"}, task=task.id)
    if seen.path.endswith("/status"):
        return Reply(200, status(world, seen, task), task=task.id)
    return result(seen, task)


def status(world: World, seen: Seen, task: Task) -> dict[str, Any]:
    done = world.done(task)
    own = seen.base + seen.path.removesuffix("/status")
    body: dict[str, Any] = {"status": "IN_PROGRESS", "request_id": task.id, "response_url": own}
    if done:
        return {**body, "status": "COMPLETED", "logs": [], "metrics": {"inference_time": 1.0}}
    return {**body, "logs": []}


def result(seen: Seen, task: Task) -> Reply:
    if task.state == "task refused":
        return error("refused", 422)
    if task.state == "task failed":
        return Reply(422, detail("generation_timeout", "it took too long"), task=task.id)
    film = {"url": f"{seen.base}/media/{task.id}.mp4", "content_type": "video/mp4"}
    film |= {"file_name": "v.mp4", "file_size": 1}  # type: ignore[dict-item]
    film = {} if task.state == "no film" else film
    return Reply(200, {"video": film, "seed": task.body.get("seed", 1)}, task=task.id)


def uploaded(world: World, seen: Seen) -> Reply:
    if seen.headers.get("authorization") != "Bearer upload-token":
        return error("401", 401)
    name = f"{len(world.files) + 1}-{seen.headers.get('x-fal-file-name', 'file')}"
    world.files[name] = seen.raw
    return Reply(200, {"access_url": f"{seen.base}/public/{name}", "uploadId": "u"})


def detail(kind: str, words: str) -> dict[str, Any]:
    url = f"https://docs.fal.ai/errors/#{kind}"
    return {"detail": [{"loc": ["body"], "msg": words, "type": kind, "url": url, "ctx": {}}]}


def error(kind: str, status: int) -> Reply:
    if kind == "refused":
        body = detail("content_policy_violation", "The content was flagged.")
        return Reply(422, body, {"x-fal-retryable": "false"})
    if kind == "mistake":
        return Reply(422, detail("missing", "field required"), {"x-fal-retryable": "false"})
    words = {"429": "rate", "401": "Cannot access application", "404": "Request not found"}
    return Reply(status, {"detail": words.get(kind, "error")})
