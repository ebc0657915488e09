"""What a long command shows on standard error while it works: a bar on a terminal, lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class Display:
    """Close it before other output is to be read."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), console=console, transient=True
        )
        self._task = self._bar.add_task("setting up", total=1.0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def say(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line, markup=False, highlight=False)

    def advance(self, step: str, share: float) -> None:
        """What is being done now, and the share of the work that is behind."""
        if self._console.is_terminal:
            self._bar.update(self._task, description=step, completed=share)
        else:
            self.say(step)

    def close(self) -> None:
        """Remove the bar; a second call does nothing."""
        if self._console.is_terminal:
            self._bar.stop()
