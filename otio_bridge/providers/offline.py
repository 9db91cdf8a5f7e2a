"""The embedded default provider: draws previz takes on this machine, without key or network.

A submitted request lies as one file in a spool folder until it is fetched or cancelled; drawing
happens in `fetch`, so that a process may die at any line and nothing is lost.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from platformdirs import user_data_dir

from otio_bridge.errors import BridgeError, ProviderError
from otio_bridge.files import put_in_place, read_json, write_json
from otio_bridge.model import Noun, Request, Role
from otio_bridge.previz import draw_fused, draw_location, draw_prop, draw_sheet, draw_take
from otio_bridge.provider import Limits, Look, Progress

DATA_DIR = "OTIO_BRIDGE_DATA_DIR"


class Spooled(Noun):
    """A request that waits to be drawn."""

    request: Request
    files: dict[str, str]


class OfflineProvider:
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "offline"
    limits = Limits(
        models=("previz-1",),
        min_seconds=Fraction(1),
        max_seconds=Fraction(30),
        max_references=12,
        max_size=(640, 640),
        stills=("previz-still",),
        steps=("sheet", "fused", "chunk", "coverage"),
        first_frame=True,
        last_frame=True,
    )

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        """Spool the request; the same id twice is the same generation."""
        paths = {name: str(path.resolve()) for name, path in files.items()}
        missing = [path for path in paths.values() if not Path(path).is_file()]
        if missing:
            raise ProviderError(f"The picture {missing[0]} is missing; choose the reference again.")
        spooled = _spool(request.id)
        if not spooled.exists():
            write_json(spooled, Spooled(request=request, files=paths))
        return request.id

    def draw_reference(self, role: Role, name: str, into: Path) -> None:
        """Draw the look of something nobody gave a picture of, as a PNG."""
        drawing = {"character": draw_sheet, "prop": draw_prop, "location": draw_location}
        if role not in drawing:
            raise ProviderError(f"The offline generator draws no {role}; give a picture.")
        drawing[role](name, into)

    def draw_sheet(self, name: str, into: Path, look: Path | None = None) -> None:
        """Draw four views of a character in a row, after a picture where there is one."""
        draw_sheet(name, into, look=look)

    def fuse(
        self,
        request: Request,
        files: Mapping[str, Path],
        regions: Mapping[str, Any],
        front: Sequence[str],
        into: Sequence[Path],
    ) -> int:
        """Write fused references after a sketch: posed bodies first, then cut-outs of the sheets.

        Args:
            request: The shot.
            files: Local path of every picture that the request names.
            regions: Where each character is on the sketch, boolean masks.
            front: Characters from the nearest to the farthest.
            into: PNG paths, one a candidate.
        """
        return draw_fused(request, files, regions, front, into)

    def reconcile(self, request: Request) -> str:
        """Return the id of a request that may have arrived; looking tells whether it did."""
        return request.id

    def look(self, remote_id: str) -> Look:
        """Return "ready" when the request is spooled: it is drawn when fetched."""
        try:
            spooled = read_json(_spool(remote_id), Spooled)
        except BridgeError as error:
            return Look("failed", why=str(error))
        if spooled is None:
            return Look("failed", why=f"The offline generator knows no request {remote_id}.")
        return Look("ready", progress=1.0)

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        """Draw the take to a path that does not exist yet, its truth beside it.

        Raises:
            ProviderError: The request is not spooled, or the path exists.
        """
        spooled = read_json(_spool(remote_id), Spooled)
        if spooled is None:
            raise ProviderError(
                f"The offline generator knows no request {remote_id}; submit it again."
            )
        if into.exists():
            raise ProviderError(f"{into} exists already; choose another name.")
        into.parent.mkdir(parents=True, exist_ok=True)
        draft = into.with_name(f".{into.stem}.{uuid4().hex[:8]}.mp4")
        draft_truth = draft.with_name(f"{draft.stem}.truth.json")
        files = {name: Path(path) for name, path in spooled.files.items()}
        try:
            draw_take(spooled.request, files, draft, progress=progress)
            put_in_place(draft_truth, into.with_name(f"{into.stem}.truth.json"))
            put_in_place(draft, into)
        finally:
            draft.unlink(missing_ok=True)
            draft_truth.unlink(missing_ok=True)

    def cancel(self, remote_id: str) -> None:
        """Forget the request; harmless when it is gone already."""
        _spool(remote_id).unlink(missing_ok=True)


def _spool(remote_id: str) -> Path:
    base = Path(os.environ.get(DATA_DIR) or user_data_dir("otio-bridge"))
    return base / "offline" / f"{quote(remote_id, safe='')}.json"
