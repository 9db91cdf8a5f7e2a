"""Stills of the Color page: grabbing works, exporting wants its panel open (facts 9)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .handle import Handle

if TYPE_CHECKING:
    from .fake import FakeResolve
    from .model import Sequence


class GalleryStill(Handle):
    """A grabbed frame."""

    def __init__(self, fake: FakeResolve, sequence: Sequence, record: int) -> None:
        super().__init__(fake)
        self._sequence, self._record = sequence, record


class GalleryStillAlbum(Handle):
    """The album that is open."""

    def GetStills(self) -> list[GalleryStill]:
        return list(self._fake.stills)

    def DeleteStills(self, galleryStills: list[GalleryStill]) -> bool:
        known = all(one in self._fake.stills for one in galleryStills)
        for one in galleryStills if known else ():
            self._fake.stills.remove(one)
        return known

    def ExportStills(
        self, galleryStills: list[GalleryStill], folderPath: str, filePrefix: str, format: str
    ) -> bool:
        """False unless the Gallery panel is open on the Color page."""
        if not self._fake.gallery_open or self._fake.page != "color":
            return False
        return all(
            self._fake.write_still(
                Path(folderPath) / f"{filePrefix}_{number}.{format}", one._sequence, one._record
            )
            for number, one in enumerate(galleryStills, 1)
        )


class Gallery(Handle):
    """The gallery of the current project."""

    def GetCurrentStillAlbum(self) -> GalleryStillAlbum:
        return GalleryStillAlbum(self._fake)
