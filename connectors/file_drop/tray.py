"""Files from a partner: collected under their names, and moved aside when they are in safe keeping."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connectors.file_drop.folders import NAME, Folders, content_of, reached
from hub.errors import Refused
from hub.ports.collector import Collected
from hub.ports.connector import ConnectorSettings

_SHOWN = 65_536  # of a file that is too large


class FileTray:
    """Implements `hub.ports.collector.Collector`. `read`: content → document; may raise Refused.

    Files whose names are not plain (`NAME`) are the partner's own affair: half written, or not meant for the hub.
    """

    def __init__(self, settings: ConnectorSettings, type: str, read: Callable[[bytes], bytes]) -> None:
        self._folders, self._most = Folders(settings.url), settings.max_reply_bytes
        self._type, self._read = type, read

    def collect(self, most: int) -> Sequence[Collected]:
        with reached():
            found = [file for file in self._folders.from_partner.iterdir() if NAME.fullmatch(file.name)]
            oldest = sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name))[:most]
            return list(self._within(oldest))

    def confirm(self, keys: Sequence[str]) -> None:
        with reached():
            self._folders.collected.stat()
            for key in keys:
                try:
                    (self._folders.from_partner / key).replace(self._folders.collected / key)
                except FileNotFoundError:  # another process was quicker
                    self._folders.from_partner.stat()

    def close(self) -> None:
        """Nothing is open."""

    def _within(self, files: Sequence[Path]) -> Iterator[Collected]:
        """No more than fits into memory: one file, and others while all together are not larger than one may be."""
        size = 0
        for file in files:
            size += file.stat().st_size
            if size > self._most and file != files[0]:
                return
            one = self._collected(file)
            if one is not None:
                yield one

    def _collected(self, file: Path) -> Collected | None:
        content = content_of(file, self._most + 1)
        if content is None:  # another process was quicker
            return None
        try:
            if len(content) > self._most:
                raise Refused("receive.too_large", f"the file is larger than {self._most} bytes")
            return Collected(file.name, self._type, self._read(content))
        except Refused as fault:
            return Collected(file.name, self._type, content[:_SHOWN], fault=fault)
