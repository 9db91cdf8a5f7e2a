"""MediaPool, Folder and MediaPoolItem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .append import appended
from .handle import Handle, since
from .model import Bin, Media, Sequence
from .notes import Coloured, InOut
from .otio_in import imported
from .probe import probed, timecode_of

if TYPE_CHECKING:
    from .fake import FakeResolve
    from .item import TimelineItem
    from .timeline import Timeline

METADATA = frozenset(
    {"Comments", "Keywords", "Scene", "Shot", "Take", "Good Take", "Description", "Angle", "Move",
     "Day / Night", "Environment", "Reel Name", "Camera #", "Roll/Card #", "Production Name",
     "Director", "Program Name"}
)  # fmt: skip
"""Names that SetMetadata takes; every other one is refused (facts 8)."""


class Folder(Handle):
    """A bin."""

    def __init__(self, fake: FakeResolve, folder: Bin) -> None:
        super().__init__(fake)
        self._bin = folder

    def GetName(self) -> str:
        return self._bin.name

    def GetClipList(self) -> list[MediaPoolItem]:
        return [MediaPoolItem(self._fake, one) for one in self._bin.clips]

    def GetSubFolderList(self) -> list[Folder]:
        return [Folder(self._fake, one) for one in self._bin.bins]

    def GetUniqueId(self) -> str:
        return self._bin.uid


class MediaPoolItem(Coloured, InOut):
    """A handle to something in the pool."""

    def __init__(self, fake: FakeResolve, media: Media) -> None:
        super().__init__(fake)
        self._media = media

    def _target(self) -> Media:
        return self._media

    def _markers(self) -> dict[int, dict[str, Any]]:
        return self._media.markers

    def _marks(self) -> dict[str, tuple[int, int]]:
        return self._media.marks

    def _alive(self) -> bool:
        return self._fake.project.bin_of(self._media) is not None

    def GetName(self) -> str:
        return self._media.name

    @since(20, 2)
    def SetName(self, name: str) -> bool:
        self._media.name = name
        return True

    def GetMediaId(self) -> str:
        return self._media.media_id

    def GetUniqueId(self) -> str:
        return self._media.uid

    @since(21, 0, 4)
    def GetTimeline(self) -> Timeline | None:
        """The timeline of a pool item of Type 'Timeline', None for 'Compound' (facts 4)."""
        return self._fake.timeline(self._media.sequence) if self._media.type == "Timeline" else None

    def GetClipProperty(self, propertyName: str | None = None) -> Any:
        values = {**_properties(self._media), **self._media.properties}
        return values if propertyName is None else values.get(propertyName, "")

    def SetClipProperty(self, propertyName: str, propertyValue: Any) -> bool:
        if propertyName not in _properties(self._media):
            return False
        if propertyName == "Clip Name":
            self._media.name = str(propertyValue)
        self._media.properties[propertyName] = str(propertyValue)
        return True

    def GetMetadata(self, metadataType: str | None = None) -> Any:
        return _one_or_all(self._media.metadata, metadataType)

    def SetMetadata(self, metadataType: str | dict[str, str], metadataValue: str = "") -> bool:
        wanted = _named(metadataType, metadataValue)
        if not wanted.keys() <= METADATA:
            return False
        self._media.metadata.update({key: str(value) for key, value in wanted.items()})
        return True

    def GetThirdPartyMetadata(self, metadataType: str | None = None) -> Any:
        return _one_or_all(self._media.third_party, metadataType)

    def SetThirdPartyMetadata(
        self, metadataType: str | dict[str, str], metadataValue: str = ""
    ) -> bool:
        wanted = _named(metadataType, metadataValue)
        self._media.third_party.update({key: str(value) for key, value in wanted.items()})
        return True

    def LinkProxyMedia(self, proxyMediaFilePath: str) -> bool:
        found = Path(proxyMediaFilePath).is_file()
        if found:
            self._media.properties["Proxy Media Path"] = proxyMediaFilePath
        return found

    def ReplaceClip(self, filePath: str) -> bool:
        """Changes every use of this entry (facts 4)."""
        return self._relink(Path(filePath))

    def ReplaceClipPreserveSubClip(self, filePath: str) -> bool:
        return self._relink(Path(filePath))

    def _relink(self, path: Path) -> bool:
        new = probed(path, self._fake.project.rate)
        if new is None or self._media.sequence is not None:
            return False
        for name in ("name", "type", "rate", "frames", "path", "timecode", "video", "audio"):
            setattr(self._media, name, getattr(new, name))
        return True


class MediaPool(Handle):
    """The pool of the current project."""

    def GetRootFolder(self) -> Folder:
        return Folder(self._fake, self._fake.project.root)

    def GetCurrentFolder(self) -> Folder:
        return Folder(self._fake, self._fake.project.folder)

    def SetCurrentFolder(self, folder: Folder) -> bool:
        if not isinstance(folder, Folder):
            return False
        self._fake.project.folder = folder._bin
        return True

    def AddSubFolder(self, folder: Folder, name: str) -> Folder | None:
        if any(one.name == name for one in folder._bin.bins):
            return None
        made = Bin(name)
        folder._bin.bins.append(made)
        return Folder(self._fake, made)

    def ImportMedia(self, items: list[Any]) -> list[MediaPoolItem]:
        """Files into the current folder; [] for what cannot be read."""
        found = []
        for one in items:
            path = Path(one["FilePath"] if isinstance(one, dict) else one)
            media = self._fake.import_file(path)
            if media is not None:
                found.append(MediaPoolItem(self._fake, media))
        return found

    def GetSelectedClips(self) -> list[MediaPoolItem] | None:
        return [MediaPoolItem(self._fake, one) for one in self._fake.project.picked] or None

    def SetSelectedClip(self, mediaPoolItem: MediaPoolItem) -> bool:
        media = self._fake.media(mediaPoolItem)
        self._fake.project.picked = [] if media is None else [media]
        return media is not None

    def CreateEmptyTimeline(self, name: str) -> Timeline | None:
        if self._fake.project.named(name) is not None:
            return None
        return self._fake.timeline(self._fake.new_sequence(name))

    def CreateTimelineFromClips(self, name: str, clip1: Any, *args: Any) -> Timeline | None:
        if self._fake.project.named(name) is not None:
            return None
        made = self._fake.new_sequence(name)
        appended(self._fake, _listed(clip1, *args))
        return self._fake.timeline(made)

    def AppendToTimeline(self, clip1: Any, *args: Any) -> list[TimelineItem | None] | None:
        """[{mediaPoolItem, startFrame, endFrame, mediaType, trackIndex, recordFrame}] (facts 5)."""
        return appended(self._fake, _listed(clip1, *args))

    def ImportTimelineFromFile(
        self, filePath: str, importOptions: dict[str, Any] | None = None
    ) -> Timeline | None:
        return self._fake.timeline(imported(self._fake, Path(filePath), importOptions or {}))

    def DeleteTimelines(self, timeline: list[Timeline]) -> bool:
        project = self._fake.project
        for one in timeline:
            sequence = one._sequence
            if sequence not in project.timelines:
                return False
            project.timelines.remove(sequence)
            _forget(project.root, sequence)
            if project.current is sequence:
                project.current = project.timelines[-1] if project.timelines else None
        return True

    def DeleteClips(self, clips: list[MediaPoolItem]) -> bool:
        project = self._fake.project
        for one in clips:
            home = project.bin_of(one._media)
            if home is None:
                return False
            home.clips.remove(one._media)
        return True

    def MoveClips(self, clips: list[MediaPoolItem], targetFolder: Folder) -> bool:
        for one in clips:
            home = self._fake.project.bin_of(one._media)
            if home is None:
                return False
            home.clips.remove(one._media)
            targetFolder._bin.clips.append(one._media)
        return True

    def RelinkClips(self, mediaPoolItem: list[MediaPoolItem], folderPath: str) -> bool:
        return all(
            one._relink(Path(folderPath) / Path(one._media.path).name) for one in mediaPoolItem
        )


def _forget(root: Bin, sequence: Sequence) -> None:
    for _, folder in root.walk():
        folder.clips[:] = [one for one in folder.clips if one.sequence is not sequence]


def _listed(first: Any, *more: Any) -> list[Any]:
    return list(first) if isinstance(first, list | tuple) else [first, *more]


def _named(name: str | dict[str, str], value: str) -> dict[str, str]:
    return name if isinstance(name, dict) else {name: value}


def _one_or_all(values: dict[str, str], name: str | None) -> Any:
    return dict(values) if name is None else values.get(name, "")


def _properties(media: Media) -> dict[str, str]:
    last = media.timecode + max(media.length - 1, 0)
    marked = media.marks.get("video") or media.marks.get("audio")
    return {
        "Clip Name": media.name,
        "File Name": Path(media.path).name,
        "File Path": media.path,
        "Type": media.type,
        "FPS": _rate_text(media),
        "Frames": str(media.length),
        "Start": "0",
        "End": str(max(media.length - 1, 0)),
        "In": "" if marked is None else str(marked[0]),
        "Out": "" if marked is None else str(marked[1]),
        "Start TC": timecode_of(media.timecode, media.rate),
        "End TC": timecode_of(last + 1, media.rate),
        "Duration": timecode_of(media.length, media.rate),
        "Resolution": f"{media.size[0]}x{media.size[1]}",
        "Video Codec": media.codec,
        "Online Status": "Online" if media.online else "Offline",
    }


def _rate_text(media: Media) -> str:
    return f"{float(media.rate):.3f}".rstrip("0").rstrip(".")
