"""Resolve, ProjectManager, Project and MediaStorage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .gallery import Gallery
from .handle import Handle, since
from .pool import MediaPool, MediaPoolItem
from .render import Rendering
from .timeline import Timeline

PAGES = ("media", "photo", "cut", "edit", "fusion", "color", "fairlight", "deliver")


class Resolve(Handle):
    """The application. EXPORT_* are numbers and the first is 0 (facts 3)."""

    EXPORT_AAF = 0
    EXPORT_DRT = 1
    EXPORT_EDL = 2
    EXPORT_FCP_7_XML = 3
    EXPORT_FCPXML_1_8 = 4
    EXPORT_FCPXML_1_9 = 5
    EXPORT_FCPXML_1_10 = 6
    EXPORT_OTIO = 7
    EXPORT_NONE = 8
    EXPORT_AAF_NEW = 9
    EXPORT_AAF_EXISTING = 10

    def OpenPage(self, pageName: str) -> bool:
        if pageName not in PAGES:
            return False
        self._fake.turn_to(pageName)
        return True

    def GetCurrentPage(self) -> str:
        return self._fake.page

    def GetVersion(self) -> list[Any]:
        return [*self._fake.knobs.build, ""]

    def GetVersionString(self) -> str:
        return ".".join(map(str, self._fake.knobs.build))

    def GetProductName(self) -> str:
        return "DaVinci Resolve Studio" if self._fake.knobs.studio else "DaVinci Resolve"

    @since(21, 1)
    def IsStudio(self) -> bool:
        return self._fake.knobs.studio

    def GetProjectManager(self) -> ProjectManager:
        return ProjectManager(self._fake)

    def Quit(self) -> None:
        self._fake.quit()

    def GetMediaStorage(self) -> MediaStorage:
        return MediaStorage(self._fake)

    def Fusion(self) -> Fusion:
        return Fusion(self._fake)

    def GetResolve(self) -> Resolve:
        """`app.GetResolve()`, as in menu scripts (facts 10)."""
        return Resolve(self._fake)

    @since(21, 1)
    def GetCurrentProject(self) -> Project:
        return Project(self._fake)

    @since(21, 1)
    def GetCurrentTimeline(self) -> Timeline | None:
        return self._fake.timeline(self._fake.project.current)

    @since(21, 1)
    def GetGallery(self) -> Gallery:
        return Gallery(self._fake)

    @since(21, 1)
    def GetMediaPool(self) -> MediaPool:
        return MediaPool(self._fake)


class Fusion(Handle):
    """The `fusion` global of a script; its UIManager is Studio's since 19.1 (facts 2)."""

    def GetPrefs(self, pref: str | None = None) -> Any:
        return self._fake.prefs.read(pref)

    def SetPrefs(self, pref: str, value: Any = None) -> bool:
        return self._fake.prefs.set(pref, value)

    def SavePrefs(self) -> bool:
        return self._fake.prefs.save()


class ProjectManager(Handle):
    def GetCurrentProject(self) -> Project:
        return Project(self._fake)

    def SaveProject(self) -> bool:
        return self._fake.save()

    def CreateProject(
        self, projectName: str, mediaLocationPath: str | None = None
    ) -> Project | None:
        """None while the current project is dirty may happen (facts 9)."""
        return Project(self._fake) if self._fake.start_project(projectName) else None

    def ExportProject(
        self, projectName: str, filePath: str, withStillsAndLUTs: bool = True
    ) -> bool:
        if projectName != self._fake.project.name:
            return False
        Path(filePath).write_text(f"fake project {projectName}\n", encoding="utf-8")
        return True


class Project(Rendering):
    def GetName(self) -> str:
        return self._fake.project.name

    def GetUniqueId(self) -> str:
        return self._fake.project.uid

    def GetMediaPool(self) -> MediaPool:
        return MediaPool(self._fake)

    def GetTimelineCount(self) -> int:
        return len(self._fake.project.timelines)

    def GetTimelineByIndex(self, idx: int) -> Timeline | None:
        timelines = self._fake.project.timelines
        return self._fake.timeline(timelines[idx - 1]) if 1 <= idx <= len(timelines) else None

    def GetCurrentTimeline(self) -> Timeline | None:
        return self._fake.timeline(self._fake.project.current)

    def SetCurrentTimeline(self, timeline: Timeline) -> bool:
        if not isinstance(timeline, Timeline) or not timeline._alive():
            return False
        self._fake.project.current = timeline._sequence
        if self._fake.knobs.switching_moves_playhead:
            timeline._sequence.playhead = timeline._sequence.start
        return True

    def GetGallery(self) -> Gallery:
        return Gallery(self._fake)

    def GetSetting(self, settingName: str = "") -> Any:
        settings = self._fake.project_settings()
        return settings.get(settingName, "") if settingName else settings

    def SetSetting(self, settingName: str, settingValue: str) -> bool:
        if not isinstance(settingValue, str):
            return False
        self._fake.project.settings[settingName] = settingValue
        return True

    def ExportCurrentFrameAsStill(self, filePath: str) -> bool:
        sequence = self._fake.project.current
        return sequence is not None and self._fake.write_still(
            Path(filePath), sequence, sequence.playhead
        )


class MediaStorage(Handle):
    def AddItemListToMediaPool(self, item1: Any, *args: Any) -> list[MediaPoolItem]:
        """Paths, a list of paths, or [{media, startFrame, endFrame}]."""
        wanted = list(item1) if isinstance(item1, list | tuple) else [item1, *args]
        found = []
        for one in wanted:
            media = self._fake.import_file(Path(one["media"] if isinstance(one, dict) else one))
            if media is not None:
                found.append(MediaPoolItem(self._fake, media))
        return found
