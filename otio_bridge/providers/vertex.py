"""Veo on Vertex AI, Google's cloud: paid by project, signed with a short-lived token.

Wire format: facts of google-genai 3.4.0, data/wire/vertex_veo.json. The key is an access token, for
example of `gcloud auth print-access-token`. Options in providers.json: "project", "location" and
"storage_uri" (a bucket of one's own such as "gs://bucket/folder"; else the film comes inside the
answer). There is no list and no cancelling, so a submit whose answer was lost stays unknown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote

from otio_bridge.errors import ProviderError
from otio_bridge.keys import fingerprint
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._google import inline, sorted_words, trouble_of
from otio_bridge.providers._hosted import Hosted, field_of
from otio_bridge.providers._inputs import Ask
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble, job_id

WITH_REFERENCES = 8
"""The one length in seconds that Veo makes with reference pictures."""


class Vertex(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "vertex"
    title = "Vertex"
    hosts: ClassVar[dict[str, str]] = {"storage": "https://storage.googleapis.com"}
    poll_seconds = 5.0
    declared = Limits(
        models=("veo-3.1-generate-001", "veo-3.1-fast-generate-001"),
        min_seconds=Fraction(4),
        max_seconds=Fraction(8),
        durations=(4, 6, 8),
        max_references=3,
        max_picture_bytes=7_000_000,
        first_frame=True,
        last_frame=True,
        frames_with_references=False,
        ratios=("16:9", "9:16"),
        max_size=(1280, 1280),
        steps=("chunk", "coverage"),
        usd_per_second=0.40,
        prices={"veo-3.1-generate-001": 0.40, "veo-3.1-fast-generate-001": 0.15},
        source="Google's price list, about, 720p",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("GOOGLE_OAUTH_ACCESS_TOKEN",),
        checked="google-genai 3.4.0 against our test server; never met the live service",
    )

    def addresses(self) -> dict[str, str]:
        """Return the host of the location, and that of the storage."""
        return {"": f"https://{self._location}-aiplatform.googleapis.com", **self.hosts}

    @property
    def account(self) -> str | None:
        """Fingerprint of the project, which pays; tokens change every hour."""
        return fingerprint(self.name, self._project) if self._project else None

    @property
    def lacks(self) -> str:
        """Say that a project is needed."""
        if self._project:
            return ""
        return (
            "Vertex needs a project; set GOOGLE_CLOUD_PROJECT, or 'options': {'project': ...} "
            "under vertex in providers.json."
        )

    def checked(self, ask: Ask) -> None:
        """Stop without a project."""
        if self.lacks:
            raise ProviderError(self.lacks)

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Start one operation."""
        model = (
            f"projects/{self._project}/locations/{self._location}/publishers/google/models/"
            f"{ask.request.model}"
        )
        body = body_of(ask, str(self.settings.options.get("storage_uri", "")))
        answer = yield Call("POST", f"/v1beta1/{model}:predictLongRunning", json=body, paid=True)
        return job_id(answer.body["name"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one operation; done without a film is Veo's way to refuse."""
        answer = yield _asking(remote_id)
        body = answer.body
        if error := body.get("error"):
            return self.ended(sorted_words(str(error.get("code") or ""), str(error["message"])))
        if not body.get("done"):
            return Look("running")
        response = body["response"]
        if response.get("videos"):
            return Look("ready", 1.0)
        reasons = response.get("raiMediaFilteredReasons") or ["no film and no reason given"]
        return self.ended(Trouble("refused", "raiMediaFiltered", str(reasons[0])))

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is, or the result itself."""
        answer = yield _asking(remote_id)
        film = field_of(answer.body, "response", "videos", 0)
        if film.get("bytesBase64Encoded"):
            return Media(base64=str(film["bytesBase64Encoded"]))
        bucket, _, item = str(film["gcsUri"]).removeprefix("gs://").partition("/")
        path = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(item, safe='')}?alt=media"
        return Media(url=path, at="storage", keyed=True)

    def trouble(self, answer: Answer) -> Trouble:
        """Sort Google's errors."""
        return trouble_of(answer)

    @property
    def _project(self) -> str:
        return str(
            self.settings.options.get("project") or os.environ.get("GOOGLE_CLOUD_PROJECT", "")
        )

    @property
    def _location(self) -> str:
        return str(self.settings.options.get("location") or "us-central1")


def body_of(ask: Ask, storage_uri: str) -> dict[str, Any]:
    """Return the body of one operation: references, or first and last frame, or text alone."""
    instance: dict[str, Any] = {"prompt": ask.prompt}
    seconds = ask.seconds
    if ask.framed:
        frames = {"image": ask.first, "lastFrame": ask.last}
        instance |= {key: inline(file) for key, file in frames.items() if file}
    elif ask.pictures:
        seconds = WITH_REFERENCES
        instance["referenceImages"] = [
            {"image": inline(file), "referenceType": "ASSET"} for file in ask.pictures
        ]
    parameters: Mapping[str, Any] = {
        "sampleCount": 1,
        "durationSeconds": seconds,
        "seed": ask.request.seed,
        "aspectRatio": ask.ratio,
        "resolution": ask.resolution if ask.resolution in ("1080p", "4k") else "720p",
        "generateAudio": False,
        **({"storageUri": storage_uri} if storage_uri else {}),
    }
    return {"instances": [instance], "parameters": parameters}


def _asking(remote_id: str) -> Call:
    model = remote_id.partition("/operations/")[0]
    path = f"/v1beta1/{model}:fetchPredictOperation"
    return Call("POST", path, json={"operationName": remote_id})
