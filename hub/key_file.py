"""Writing a key that nobody has yet: whole or not at all, for its owner alone, and on the disk before it is used."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_new(path: Path, key: bytes) -> None:
    """What ends this in between leaves no file of that name: half a key would keep the hub from starting.

    Raises FileExistsError: none is ever overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:  # mode 0600
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
        path.hardlink_to(file.name)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too, must outlive a loss of power: data may be sealed under the key at once
    finally:
        os.close(folder)
