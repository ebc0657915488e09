"""TCP proxies on loopback: between any two parts of a run lies one, and the network between them is what it does."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any

from hub.sandbox.process import LOOPBACK, free_ports

_CHUNK = 64 * 1024
_ANSWER_SECONDS = 10.0
_RESET = struct.pack("ii", 1, 0)  # linger 0: the kernel answers with RST instead of an orderly end


class Link:
    """One proxied connection between two parts. `mend` makes it whole again after anything."""

    def __init__(self, target: int) -> None:
        self.port = free_ports(1)[0]
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()  # of connections being served
        self._closing: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._mute = False

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)

    async def cut(self) -> None:
        """Connections are reset, new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset()

    async def mute(self) -> None:
        """Connections are made and stay, and nothing comes through: what is sent is gone."""
        self._mute = True

    async def stall(self) -> None:
        """Nothing comes through for now."""
        self._flowing.clear()

    async def mend(self) -> None:
        """Whatever it was, it is over. What a mute line has swallowed cannot come: its connections are reset."""
        if self._mute:
            self._mute = False
            self._reset()
        self._flowing.set()
        await self.open()

    async def close(self) -> None:
        await self.cut()
        self._flowing.set()

    async def closed(self) -> None:
        """Return when no connection is left."""
        for writer in [*self._writers, *self._closing]:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _reset(self) -> None:
        for writer in list(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            _reset(writer)
            self._writers.discard(writer)
            return
        self._writers.add(there[1])
        try:
            await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
        finally:
            ours = {writer, there[1]}
            self._writers -= ours
            self._closing |= ours
            for each in ours:
                each.close()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await each.wait_closed()
                self._closing.discard(each)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                if not self._mute:
                    writer.write(data)
                    await writer.drain()
            if not self._mute:
                writer.write_eof()
        except (OSError, RuntimeError):  # reset by one side, or by us: then the other side must learn of it
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


class Network:
    """All links of a run, on a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        self._links: dict[str, Link] = {}

    def link(self, name: str, target: int) -> int:
        """Lay a link to a loopback port; returns the port to connect to instead."""
        link = Link(target)
        self._links[name] = link
        self._run(link.open())
        return link.port

    def names(self) -> list[str]:
        return list(self._links)

    def cut(self, name: str) -> None:
        self._run(self._links[name].cut())

    def mute(self, name: str) -> None:
        self._run(self._links[name].mute())

    def stall(self, name: str) -> None:
        self._run(self._links[name].stall())

    def mend(self, name: str) -> None:
        self._run(self._links[name].mend())

    def close(self) -> None:
        for link in self._links.values():
            self._run(link.close())
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _finish(self) -> None:
        """Connections are closed when those who served them are through; cancelled ones close theirs in turn."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.gather(*(link.closed() for link in self._links.values()))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_SECONDS)
