"""Attachments in a folder of any file system fsspec knows, sealed, under keyed names (promise 7).

<folder>/<message id>/<keyed digest>      key id, line feed, nonce and ciphertext
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import fsspec

from hub.errors import Refused, Unavailable
from hub.message import UUID_TEXT
from hub.ports.store import SealedBody
from hub.seal import Sealer


class FolderAttachments:
    """Implements `hub.ports.attachments.Attachments`. `url`: of the folder, which is made when something is kept.

    Each is sealed under a key of its own: whoever destroys the key has erased it, copies and backups included.
    """

    def __init__(self, url: str, sealer: Sealer) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._sealer = sealer

    def keep(self, owner: str, digest: str, content: bytes) -> None:
        path = self._path(owner, digest)
        with _reached():
            if self._files.exists(path):
                return
        sealed = self._sealer.seal_stored(f"{owner}/{digest}", content, ())
        with _reached():
            folder = f"{self._root}/{owner}"
            self._files.makedirs(folder, exist_ok=True)
            half = f"{folder}/.{uuid4()}"
            with self._files.open(half, "wb") as file:
                file.write(sealed.key_id.encode() + b"\n" + sealed.ciphertext)
                file.flush()
                if self._is_local:
                    os.fsync(file.fileno())
            self._files.mv(half, path)
            if self._is_local:
                _flush(folder)

    def open(self, owner: str, digest: str) -> bytes:
        path = self._path(owner, digest)
        with _reached():
            try:
                kept: bytes = self._files.cat_file(path)
            except FileNotFoundError:
                raise Refused("attachment.missing", "an attachment is not in safe keeping") from None
        key_id, _, ciphertext = kept.partition(b"\n")
        try:
            content = self._sealer.open(f"{owner}/{digest}", SealedBody(key_id.decode(errors="replace"), ciphertext))
        except Refused:
            raise Refused("attachment.missing", "an attachment does not fit its key: damaged, or erased") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise Refused("attachment.missing", "an attachment is not what the message says")
        return content

    def owners(self) -> Mapping[str, int]:
        with _reached():
            self._files.invalidate_cache()
            if not self._files.exists(self._root):
                return {}
            folders = {path.rstrip("/").rpartition("/")[2]: path for path in self._files.ls(self._root, detail=False)}
            return {name: self._newest(folders[name]) for name in sorted(folders) if UUID_TEXT.fullmatch(name)}

    def clear(self, owner: str) -> None:
        with _reached():
            if self._files.exists(f"{self._root}/{owner}"):
                self._files.rm(f"{self._root}/{owner}", recursive=True)

    def _newest(self, folder: str) -> int:
        times = [self._files.modified(path).timestamp() for path in self._files.ls(folder, detail=False)]
        return int(1_000_000 * max(times, default=0.0))

    @property
    def _is_local(self) -> bool:
        return "file" in self._files.protocol

    def _path(self, owner: str, digest: str) -> str:
        if not UUID_TEXT.fullmatch(owner):
            raise Refused("attachment.missing", "the message's id is no UUID")
        return f"{self._root}/{owner}/{self._sealer.digest(digest.encode())}"


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("attachment.unavailable", f"the folder cannot be used: {type(error).__name__}") from None


def _flush(folder: str) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
