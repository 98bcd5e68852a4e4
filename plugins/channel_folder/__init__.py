"""Files by folder: what is laid into a watched folder comes in."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.channel import IntakeChannel

from .channel import FolderChannel, FolderSettings


class FolderIntake(Plugin[FolderSettings]):
    """One folder, e.g. a share that a scanner or a till writes to."""

    name = "channel_folder"
    title = "Files by folder"
    summary = "Takes in files that are laid into a watched folder."
    settings_type = FolderSettings

    def __init__(self, settings: FolderSettings) -> None:
        super().__init__(settings)
        if not settings.path:
            raise ConfigError("The settings cannot be used:", ["plugin.channel_folder.path: name the folder"])

    @hookimpl
    def register_intake_channels(self) -> Iterable[IntakeChannel]:
        return [FolderChannel(self.settings)]


PLUGIN = FolderIntake
