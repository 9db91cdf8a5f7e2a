"""A real Chromium on the review page, for its tests; skips where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from otio_bridge.client import Engine

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE = 30_000
"""Milliseconds that a machine under load may take for one step."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's Chromium by Playwright's driver; skips where one of the two is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    driver = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed (pip install playwright)"
    )
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Reviewed:
    """The review page of one timeline, as a person sees it."""

    def __init__(self, browser: Any, engine: Engine, timeline: Path, **context: Any) -> None:
        self.engine = engine
        self.cut = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
        context.setdefault("viewport", {"width": 1280, "height": 800})
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, query: str = "") -> Reviewed:
        """Open the page as `otio-bridge review` does and wait for its first take."""
        self.page.goto(self.engine.page_address(f"/review?timeline={self.cut}{query}"))
        self.page.wait_for_selector("body[data-ready=yes]")
        self.page.wait_for_selector(".deck[data-ready=yes]")
        return self

    def keys(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def see(self, selector: str) -> Any:
        """Wait until something is there and return it."""
        return self.page.wait_for_selector(selector)

    def words(self, selector: str) -> str:
        """Return the text of something."""
        return str(self.page.inner_text(selector))

    def says(self, selector: str, words: str) -> None:
        """Wait until something has these words in it."""
        self.page.locator(selector).filter(has_text=words).first.wait_for()

    def frame(self) -> int:
        """Return the frame of the slot under the playhead."""
        return int(self.page.input_value("#scrub"))

    def plan(self) -> list[str]:
        """Return the takes of the planned segments from left to right."""
        return list(self.page.locator(".segment").all_inner_texts())

    def verdict(self, take: str, second: int) -> str:
        """Return a cell's mark: "held", "failed" or ""."""
        return str(self.page.get_attribute(f"[data-cell='{take}/{second}']", "data-verdict"))

    def picture(self, take: str) -> Any:
        """Return what is seen of a take on the stage, grey, height by width."""
        shot = self.page.locator(f"[data-deck={take}] .frame").screenshot()
        return np.asarray(Image.open(BytesIO(shot)).convert("L"))

    def keep(self, name: str) -> None:
        """Keep a screenshot where OTIO_BRIDGE_SHOTS names a folder for them."""
        folder = os.environ.get("OTIO_BRIDGE_SHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))

    def close(self) -> None:
        """Leave the page; it must not have complained on the console."""
        self.context.close()
        assert not self.complaints, self.complaints

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")
