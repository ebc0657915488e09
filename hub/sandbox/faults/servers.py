"""The broker node and the database server of a run, which it may kill."""

import time

from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import CHECKPOINT_QUEUE

STALE_SECONDS = 20.0
ROOMY = "0.6"  # of the memory, as in hub.sandbox.rabbitmq_home


class Servers:
    """`postgres` None: the store is SQLite."""

    def __init__(self, rabbit: PrivateRabbit, postgres: PrivatePostgres | None) -> None:
        self._rabbit, self._postgres = rabbit, postgres
        self._alarms: set[str] = set()

    def crash(self, which: str) -> None:
        """SIGKILL, and up again with the same data. Returns when it takes connections."""
        if which == "broker":
            self._rabbit.kill()
            self._alarms.clear()  # alarms set by hand do not outlive the node
            self._rabbit.start()
        else:
            assert self._postgres is not None
            self._postgres.kill()
            self._postgres.start()

    def alarm(self, which: str) -> None:
        """The node believes it has no memory, or no disk, left: it blocks whoever publishes."""
        self._alarms.add(which)
        if which == "memory":
            self._rabbit.ctl("set_vm_memory_high_watermark", "0.0000001")
        else:
            self._rabbit.ctl("set_disk_free_limit", "1000000GB")

    def calm(self, which: str) -> None:
        if which in self._alarms:
            self._alarms.discard(which)
            if which == "memory":
                self._rabbit.ctl("set_vm_memory_high_watermark", ROOMY)
            else:
                self._rabbit.ctl("set_disk_free_limit", "50MB")

    def mend(self) -> None:
        for which in list(self._alarms):
            self.calm(which)

    def new_database(self, name: str) -> str:
        """An empty one on the database server; "" without a server."""
        return "" if self._postgres is None else self._postgres.create_database(name)

    def queues(self) -> dict[str, int]:
        """Messages in every queue that holds any, handed out ones included; the broker's own word.

        That of the checkpoints is for a second keeper, who does not come here.

        Its counts are some seconds old: they are asked for until all are empty, or for so long that they are not.
        """
        deadline = time.monotonic() + STALE_SECONDS
        while (found := self._queues()) and time.monotonic() < deadline:
            time.sleep(1)
        return found

    def _queues(self) -> dict[str, int]:
        lines = (line.split("\t") for line in self._rabbit.ctl("list_queues", "name", "messages").splitlines())
        counts = {name: int(count) for name, count in lines if count.isdigit()}
        return {name: count for name, count in counts.items() if count and name != CHECKPOINT_QUEUE}
