"""How figures, moments and glyphs are written, and how text is fitted into cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from textual.content import Content, Span

from llmsdeck.filter import Order, SortKey

QUIET: Final = "$quiet"
"""Text that is there when looked for."""
STRONG: Final = "bold"
HEADING: Final = "$quiet bold"
TITLE: Final = "bold underline"
LINK: Final = "underline"
MATCH: Final = "reverse"
LIVE: Final = "$live"
KEY: Final = "$footer-key-foreground bold"
LABEL: Final = "$footer-description-foreground"
POINTED: Final = "$footer-key-foreground on $block-hover-background"
GOOD: Final = "$text-success"
WARN: Final = "$text-warning"
ALARM: Final = "$text-warning bold"
BAD: Final = "$text-error"

CHARS_PER_TOKEN: Final = 4
"""What estimates go by: English text has about four characters a token with common tokenizers."""

ELLIPSIS: Final = "…"
MARK: Final = "◆"
_BARS: Final = "▁▂▃▄▅▆▇█"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def duration(seconds: float, plain_below: float = _MINUTE) -> str:
    """`44 s`, `1m12s`, `3h05m` or `4d02h`; plain seconds below `plain_below`."""
    whole = max(0, int(seconds))
    if whole < plain_below:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"


def fine_duration(seconds: float) -> str:
    """Like `duration`, with tenths below ten seconds."""
    return f"{max(0.0, seconds):.1f} s" if seconds < 10 else duration(seconds)


def precise_duration(seconds: float) -> str:
    """Like `fine_duration`, with milliseconds below a second: of what has ended."""
    return f"{round(1000 * max(0.0, seconds))} ms" if seconds < 0.9995 else fine_duration(seconds)


def ago(seconds: float) -> str:
    """`<1m ago`, `14m ago`, `3h ago`, `2d ago`."""
    whole = max(0, int(seconds))
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if whole >= size:
            return f"{whole // size}{unit} ago"
    return "<1m ago"


def number(value: int) -> str:
    """`1 204`: digits in groups of three."""
    return f"{value:,}".replace(",", " ")


def tokens(chars: int) -> str:
    """`~15 300 tokens`: an estimate from a number of characters."""
    return f"~{number(-(-chars // CHARS_PER_TOKEN))} tokens"


def short(value: int) -> str:
    """`48`, `2k`, `14k`, `3M`: a figure in at most four cells."""
    if value < 1_000:
        return str(value)
    return f"{value // 1_000}k" if value < 1_000_000 else f"{value // 1_000_000}M"


def arrow(key: SortKey) -> str:
    """`▼` where the greatest comes first, else `▲`."""
    return "▼" if key.descending else "▲"


def order(order: Order) -> Content:
    """`status ▲, source ▼`."""
    return Content.assemble((", ".join(f"{key.name} {arrow(key)}" for key in order.keys), LIVE))


def counted(value: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def ordinal(value: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    teen = 10 <= value % 100 <= 20
    return f"{value}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


def size(count: float) -> str:
    """`812 B`, `61 KB`, `1.2 MB`, in powers of 1024."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KB", "MB", "GB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}" if count < 10 else f"{count:.0f} {unit}"
    return f"{count / 1024:.1f} TB"


def clock(moment: datetime) -> str:
    """`14:02:31` in UTC."""
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def time(moment: datetime, *, live: bool) -> str:
    """`14:02:31 UTC` while runs are under way, else `14:02 UTC`: each second would be a frame."""
    return f"{clock(moment) if live else clock(moment)[:5]} UTC"


def day_and_clock(moment: datetime) -> str:
    """`2026-03-01 14:02:31 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def does(key: str, what: str) -> Content:
    """`enter reads one`, as at the foot of a screen."""
    return Content.assemble((key, LIVE), (f" {what}", QUIET))


def sparkline(values: Sequence[int]) -> str:
    """One bar per value, scaled to the largest."""
    top = max(values, default=0)
    return "".join(_BARS[round(value * 7 / top) if top else 0] for value in values)


def bar(done: int, total: int, width: int) -> str:
    """A bar of `width` cells filled in proportion."""
    filled = width * min(done, total) // total if total else 0
    return "█" * filled + "░" * (width - filled)


def wrap(line: Content, width: int) -> list[Content]:
    """Parts of at most `width` cells, between words where that does not leave half a line empty."""
    parts: list[Content] = []
    while line.cell_length > width:
        whole = _that_fit(line, width)
        space = line.plain.rfind(" ", whole // 2, whole + 1)
        end = whole if space < 0 else space + 1
        parts.append(line[:end])
        line = line[end:]
    return [*parts, line]


def _that_fit(line: Content, width: int) -> int:
    """How many characters at the start fit; half of a wide one does not."""
    count = len(line.truncate(width).plain)
    return max(1, count - (line[:count].cell_length > width))


def beside(parts: Iterable[Content], gap: str) -> Content:
    """The parts on one line; what `Content.join` makes, without its steps between."""
    texts: list[str] = []
    spans: list[Span] = []
    place = 0
    for part in parts:
        spans += [Span(place + start, place + end, style) for start, end, style in part.spans]
        texts.append(part.plain)
        place += len(part.plain) + len(gap)
    return Content(gap.join(texts), spans, strip_control_codes=False)


def cut(content: Content, width: int) -> Content:
    """At most `width` cells, cut at the end with an ellipsis."""
    return content if content.cell_length <= width else fit(content, width)


def fit(content: Content, width: int) -> Content:
    """Exactly `width` cells: padded, or cut at the end with an ellipsis."""
    return content.truncate(width, ellipsis=True, pad=True)


def fit_tail(content: Content, width: int) -> Content:
    """Exactly `width` cells: padded, or cut at the start, where a path says least."""
    if content.cell_length <= width:
        return fit(content, width)
    start = len(content) - width
    while Content(content.plain[start:]).cell_length > width - 1:
        start += 1
    return fit(Content.assemble((ELLIPSIS, QUIET), content[start:]), width)
