"""Drives one vendor's own SDK against a server and prints as JSON what the SDK made of it.

    python sdk_drives.py runway http://127.0.0.1:8999

Runs in an environment of its own: nothing of otio-bridge is imported, and the SDKs are never a part
of the product, because they repeat paid requests (facts, section 10).
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def raised(call: Callable[[], Any]) -> str:
    """Return the class of what a call raises."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def ark(url: str, module: str = "volcenginesdkarkruntime") -> dict[str, Any]:
    client = importlib.import_module(module).Ark(
        base_url=f"{url}/ark/api/v3", api_key="k", max_retries=0
    )
    tasks = client.content_generation.tasks
    content = [
        {"type": "text", "text": "hi"},
        {
            "type": "image_url",
            "image_url": {"url": "data:image/png;base64,AA=="},
            "role": "reference_image",
        },
    ]
    model = "dreamina-seedance-2-5-260628"
    made = tasks.create(model=model, content=content, ratio="16:9", duration=5, seed=7)  # type: ignore[list-item]
    read = tasks.get(task_id=made.id)
    listed = tasks.list(page_num=1, page_size=10, task_ids=[made.id, "cgt-2"])
    image = client.images.generate(
        model="seedream-5-0-260128", prompt="x", size="2K", watermark=False, response_format="url"
    )
    other = tasks.create(model=model, content=content)  # type: ignore[list-item]
    tasks.delete(task_id=other.id)
    return {
        "id": made.id, "status": read.status, "film": read.content.video_url, "seed": read.seed,
        "total": listed.total, "listed": [one.id for one in listed.items],
        "image": image.data[0].url, "deleted": tasks.get(task_id=other.id).status,
        "refused": raised(lambda: tasks.create(model=model, content=content)),  # type: ignore[list-item]
    }  # fmt: skip


def byteplus(url: str) -> dict[str, Any]:
    return ark(url, "byteplussdkarkruntime")


def runway(url: str) -> dict[str, Any]:
    from runwayml import RunwayML

    client = RunwayML(api_key="k", base_url=f"{url}/runway", max_retries=0)
    upload = client.uploads.create_ephemeral(file=("a.png", PNG))
    made = client.text_to_video.create(
        model="seedance2_5", prompt_text="hug", ratio="1280:720", duration=5, seed=3,
        references=[{"uri": upload.uri}],
    )  # fmt: skip
    read = client.tasks.retrieve(made.id)
    edit = client.video_to_video.create(
        model="aleph2", video_uri=upload.uri, prompt_text="x",
        keyframes=[{"seconds": 1.5, "uri": upload.uri,
                    "range": {"start_seconds": 1, "end_seconds": 2}}],
    )  # fmt: skip
    still = client.text_to_image.create(
        model="gemini_image3_pro", prompt_text="@ann", ratio="1344:768",
        reference_images=[{"uri": upload.uri, "tag": "ann", "subject": "human"}],
    )  # fmt: skip
    client.tasks.delete(edit.id)
    refused = client.text_to_image.create(
        model="gemini_image3_pro", prompt_text="refuse me", ratio="1344:768"
    )
    failed = client.tasks.retrieve(refused.id)
    return {
        "uri": upload.uri, "id": made.id, "status": read.status, "film": read.output[0],
        "credits": read.cost.credits, "still": still.id,
        "failed": failed.status, "code": getattr(failed, "failure_code", None),
        "busy": raised(lambda: client.text_to_image.create(
            model="gemini_image3_pro", prompt_text="x", ratio="1344:768")),
    }  # fmt: skip


def gemini(url: str) -> dict[str, Any]:
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=f"{url}/gemini", retry_options=types.HttpRetryOptions(attempts=1)
    )
    client = genai.Client(api_key="k", http_options=options)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.png"
        file.write_bytes(PNG)
        uploaded = client.files.upload(file=str(file))
    picture = client.models.generate_content(
        model="gemini-3-pro-image",
        contents=[types.Part.from_bytes(data=PNG, mime_type="image/png"), "fuse"],
        config=types.GenerateContentConfig(seed=7, response_modalities=["IMAGE"]),
    )
    form = {"type": "video", "aspect_ratio": "16:9", "duration": "5s", "delivery": "uri"}
    words: Any = [{"type": "text", "text": "they hug"}]
    asked = lambda: client.interactions.create(  # noqa: E731
        model="gemini-omni-1.2-flash", input=words, response_format=form, background=True,
        generation_config={"seed": 3}, store=True,
    )  # fmt: skip
    made = asked()
    read = client.interactions.get(id=made.id)
    other = asked()
    stopped = client.interactions.cancel(id=other.id)
    return {
        "uri": uploaded.uri,
        "mime": picture.candidates[0].content.parts[0].inline_data.mime_type,
        "id": made.id, "status": read.status, "film": read.steps[0].content[0].uri,
        "cancelled": stopped.status, "busy": raised(asked),
    }  # fmt: skip


def vertex(url: str) -> dict[str, Any]:
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    options = types.HttpOptions(
        base_url=f"{url}/vertex", retry_options=types.HttpRetryOptions(attempts=1)
    )
    client = genai.Client(
        vertexai=True, project="p", location="us-central1", credentials=Credentials("t"),
        http_options=options,
    )  # fmt: skip
    image = types.Image(image_bytes=PNG, mime_type="image/png")
    look = types.VideoGenerationReferenceImage(image=image, reference_type="ASSET")
    asked = lambda: client.models.generate_videos(  # noqa: E731
        model="veo-3.1-generate-001", prompt="hug",
        config=types.GenerateVideosConfig(
            reference_images=[look], duration_seconds=8, output_gcs_uri="gs://b/o", seed=3),
    )  # fmt: skip
    made = asked()
    read = client.operations.get(made)
    refused = client.operations.get(asked())
    return {
        "name": made.name, "done": read.done,
        "film": read.response.generated_videos[0].video.uri,
        "refused": refused.response.rai_media_filtered_count,
        "why": refused.response.rai_media_filtered_reasons,
    }  # fmt: skip


def fal(url: str) -> dict[str, Any]:
    import fal_client
    import fal_client.client as inside

    own = f"{url}/fal"
    for name, value in list(vars(inside).items()):
        if name == "QUEUE_URL_FORMAT":
            inside.QUEUE_URL_FORMAT = f"{own}/"
        elif name == "RUN_URL_FORMAT":
            inside.RUN_URL_FORMAT = f"{own}/"
        elif name in ("REST_URL", "CDN_URL") and isinstance(value, str):
            setattr(inside, name, own)
    client = fal_client.SyncClient(key="k")
    app = "bytedance/seedance-2.5/reference-to-video"
    uploaded = client.upload(PNG, "image/png", file_name="a.png")
    handle = client.submit(app, {"prompt": "x"})
    status = type(handle.status(with_logs=True)).__name__
    result = handle.get()
    refused = client.submit(app, {"prompt": "refuse me"})
    other = client.submit(app, {"prompt": "x"})
    other.cancel()
    return {
        "uploaded": uploaded, "id": handle.request_id, "status": status,
        "film": result["video"]["url"], "refused": raised(refused.get),
    }  # fmt: skip


def replicate(url: str) -> dict[str, Any]:
    import replicate as sdk

    client = sdk.Client(api_token="k", base_url=f"{url}/replicate")
    model = "bytedance/seedance-2.5"
    file = io.BytesIO(PNG)
    file.name = "a.png"
    uploaded = client.files.create(file)
    made = client.models.predictions.create(model, input={"prompt": "x", "seed": 1})
    first = made.status
    made.reload()
    refused = client.models.predictions.create(model, input={"prompt": "refuse me"})
    refused.reload()
    listed = client.predictions.list()
    other = client.models.predictions.create(model, input={"prompt": "x"})
    other.cancel()
    busy = raised(lambda: client.models.predictions.create(model, input={"prompt": "x"}))
    return {
        "uploaded": uploaded.urls["get"], "id": made.id, "first": first, "status": made.status,
        "film": made.output, "failed": refused.status, "error": refused.error,
        "listed": [one.id for one in listed], "cancelled": other.status, "busy": busy,
    }  # fmt: skip


DRIVES = (ark, byteplus, runway, gemini, vertex, fal, replicate)
MODULES = {
    "ark": "volcenginesdkarkruntime",
    "byteplus": "byteplussdkarkruntime",
    "runway": "runwayml",
    "gemini": "google.genai",
    "vertex": "google.genai",
    "fal": "fal_client",
    "replicate": "replicate",
}


if __name__ == "__main__":
    name, address = sys.argv[1:]
    if address == "installed":
        __import__(MODULES[name])
        print("{}")
    else:
        print(json.dumps({drive.__name__: drive for drive in DRIVES}[name](address)))
