"""The `renkei` command: one file per group of commands."""

from hub.cli.main import main

__all__ = ["main"]
