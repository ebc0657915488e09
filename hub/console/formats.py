"""How times, ages and counts are written. Times are Japanese time, to the second, with the age beside them."""

from datetime import UTC, datetime

from markupsafe import Markup, escape

from hub.clock import JST, now_us
from hub.console.texts import JAPANESE, Texts

_REIWA = 2018  # 令和1年 is 2019
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (0, "second"))
_LATIN = 0x2FF
_BOX_WIDTH = 24
_MINUTE, _DAY = 60, 86_400


def at(microseconds: int) -> str:
    """2026-11-28 20:07:32"""
    return _local(microseconds).strftime("%Y-%m-%d %H:%M:%S")


def clock(microseconds: int) -> str:
    """20:07:32"""
    return _local(microseconds).strftime("%H:%M:%S")


def age(texts: Texts, microseconds: int, now: int | None = None) -> str:
    """How long ago, or in how long, in the largest unit that fits."""
    seconds = ((now_us() if now is None else now) - microseconds) // 1_000_000
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            count = abs(seconds) // size if size else abs(seconds)
            return texts(f"age.{unit}_ago" if seconds >= 0 else f"age.{unit}_ahead", count=count)
    raise AssertionError("the last unit fits always")


def moment(texts: Texts, microseconds: int | None) -> Markup:
    """A time and its age, as HTML."""
    if microseconds is None:
        return Markup('<span class="none">–</span>')
    return Markup('<time datetime="{}">{}</time> <span class="age">{}</span>').format(
        _local(microseconds).isoformat(timespec="seconds"), at(microseconds), age(texts, microseconds)
    )


def today(texts: Texts) -> str:
    """Today's date, in Japanese by the era."""
    now = _local(now_us())
    if texts.language == JAPANESE:
        return f"令和{now.year - _REIWA}年{now.month}月{now.day}日（{'月火水木金土日'[now.weekday()]}）"
    return f"{now:%A} {now.day} {now:%B %Y}"


def duration(texts: Texts, microseconds: int) -> str:
    """How long something took."""
    if microseconds < 1_000_000:
        return texts("age.milliseconds", count=max(1, microseconds // 1000))
    seconds = microseconds // 1_000_000
    if seconds < _MINUTE:
        return texts("age.seconds", count=f"{microseconds / 1_000_000:.1f}")
    return (
        texts("age.minutes", count=seconds // _MINUTE) if seconds < _DAY else texts("age.days", count=seconds // _DAY)
    )


def count(number: int) -> str:
    """12,345"""
    return f"{number:,}"


def said(text: str) -> Markup:
    """A sentence of a card: what stands between backquotes is a command."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if nth % 2 else escape(part) for nth, part in enumerate(text.split("`"))
    )


def short(text: str) -> str:
    """What fits into a box of the flow map; the table below it has the whole."""
    width, fits = 0, ""
    for letter in text:
        width += 2 if ord(letter) > _LATIN else 1
        if width > _BOX_WIDTH:
            return fits + "…"
        fits += letter
    return fits


def _local(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).astimezone(JST)


def microseconds(day: str, clock_time: str = "00:00") -> int | None:
    """A Japanese date as a form has it, "2026-11-28"; None for anything else."""
    try:
        return int(datetime.fromisoformat(f"{day}T{clock_time}").replace(tzinfo=JST).timestamp() * 1_000_000)
    except ValueError:
        return None
