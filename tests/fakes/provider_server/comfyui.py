"""ComfyUI's dialect: prompts run one after the other, history in memory, results on disk."""

from __future__ import annotations

from typing import Any

from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import Task, World


def verb(seen: Seen) -> str:
    path = seen.path.removeprefix("/api")
    if path == "/prompt":
        return "create"
    if path.startswith("/upload/"):
        return "upload"
    if path.startswith("/history"):
        return "look"
    if path == "/view":
        return "fetch" if seen.method == "GET" else "list"
    if path == "/queue":
        return "cancel" if seen.method == "POST" else "list"
    return "other"


def answer(world: World, seen: Seen) -> Reply:
    path = seen.path.removeprefix("/api")
    if path == "/prompt" and seen.method == "POST":
        return queued(world, seen)
    if path == "/upload/image":
        return uploaded(world, seen)
    if path.startswith("/history/"):
        return history(world, path.removeprefix("/history/"))
    if path == "/queue" and seen.method == "GET":
        waiting = [entry(task) for task in world.of("comfyui") if task.looks < world.looks_needed]
        return Reply(200, {"queue_running": waiting[:1], "queue_pending": waiting[1:]})
    if path == "/view":
        task = world.outputs.get(f"{seen.asked('subfolder')}/{seen.asked('filename')}")
        if task is None:
            return Reply(404)
        return Reply(200, content=world.media_of(task), headers={"Content-Type": "video/mp4"})
    if path == "/queue":
        for prompt in seen.body["delete"]:
            if prompt in world.tasks:
                world.tasks[prompt].state = "cancelled"
        return Reply(200)
    return Reply(200, {}) if path in ("/interrupt", "/system_stats") else Reply(404)


def media(world: World, seen: Seen) -> str:
    """Return whose film a path leads to."""
    if seen.path.removeprefix("/api") != "/view":
        return ""
    return world.outputs.get(f"{seen.asked('subfolder')}/{seen.asked('filename')}", "")


def queued(world: World, seen: Seen) -> Reply:
    nodes = seen.body.get("prompt") or {}
    saving = [node for node in nodes.values() if "filename_prefix" in node.get("inputs", {})]
    if not saving or not seen.body.get("prompt_id"):
        return error("mistake", 400)
    prompt = seen.body["prompt_id"]
    task = world.accept("comfyui", seen.body, seen.path, id=prompt)
    if task.state == "open":
        prefix = saving[0]["inputs"]["filename_prefix"]
        world.outputs[f"{prefix}_00001_.mp4"] = prompt
    return Reply(200, {"prompt_id": prompt, "number": 1, "node_errors": {}}, task=prompt)


def entry(task: Task) -> list[Any]:
    return [1, task.id, task.body["prompt"], {}, ["9"]]


def history(world: World, prompt: str) -> Reply:
    task = world.tasks.get(prompt)
    if task is None or not world.done(task):
        return Reply(200, {}, task=prompt)
    outputs: dict[str, Any] = {}
    status: dict[str, Any] = {"status_str": "success", "completed": True, "messages": []}
    if task.state in ("task refused", "task failed"):
        fault = {"node_type": "KSampler", "exception_message": "out of memory"}
        status = {
            "status_str": "error",
            "completed": False,
            "messages": [["execution_error", fault]],
        }
    elif task.state == "cancelled":
        status = {"status_str": "error", "messages": [["execution_interrupted", {}]]}
    elif task.state != "no film":
        name = next(name for name, owner in world.outputs.items() if owner == prompt)
        folder, _, file = name.rpartition("/")
        outputs = {"9": {"images": [{"filename": file, "subfolder": folder, "type": "output"}]}}
    one = {"prompt": entry(task), "outputs": outputs, "status": status}
    return Reply(200, {prompt: one}, task=prompt)


def uploaded(world: World, seen: Seen) -> Reply:
    form = seen.form()
    name, content = form["image"]
    name = f"{len(world.files) + 1}-{name}"
    world.files[name] = content
    folder = form.get("subfolder", ("", b""))[1].decode()
    return Reply(200, {"name": name, "subfolder": folder, "type": "input"})


def error(kind: str, status: int) -> Reply:
    what = {
        "type": "prompt_outputs_failed_validation",
        "message": "Prompt outputs failed validation",
    }
    return Reply(status, {"error": {**what, "details": "", "extra_info": {}}, "node_errors": {}})
