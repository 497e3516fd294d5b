"""Dates on which pictures were taken: reading those that cameras and programs write, and choosing among them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

# "2024:05:06 07:08:09" in EXIF (Exif 2.32, section 4.6.5), ISO 8601 in XMP, and what lies between them in the field.
_DATE = r"(?P<year>\d{4})[-:/.]\s?(?P<month>\d{1,2})[-:/.]\s?(?P<day>\d{1,2})"
_TIME = r"(?P<hour>\d{1,2}):\s?(?P<minute>\d{1,2})(?::\s?(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?"
_ZONE = r"(?P<zone>Z|[-+]\d{2}(?::?\d{2})?)"
_MOMENT = re.compile(rf"{_DATE}(?:(?:T|\s+){_TIME}\s*{_ZONE}?)?", re.ASCII)
_OFFSET = re.compile(r"Z|([-+])(\d{2}):?(\d{2})?", re.ASCII)
# Prefixes could be others, but no program writes them so. Nothing is parsed as XML: entities are never looked at.
_XMP = [
    re.compile(rb"%s\s*(?:=\s*[\"']|>)\s*([-+:.,TZ0-9]{8,40})" % name)
    for name in (b"photoshop:DateCreated", b"exif:DateTimeOriginal")
]
_XMP_BYTES = 1 << 20
# Data sets 2:55 and 2:60 (IPTC IIM 4.2, section 6): CCYYMMDD and HHMMSS+HHMM, wherever the block has them.
_IPTC_DATE = re.compile(rb"\x1c\x02\x37\x00\x08(\d{4})(\d\d)(\d\d)")
_IPTC_TIME = re.compile(rb"\x1c\x02\x3c\x00[\x06\x0b](\d\d)(\d\d)(\d\d)([-+]\d{4})?")
# Before the first photograph, and after a clock that was set by chance.
_YEARS = range(1826, 2200)
_EAST, _WEST = timedelta(hours=14), timedelta(hours=-12)
_QUARTER = timedelta(minutes=15)
# A receiver may have had its last fix a little while ago, and a file is written after its picture was taken.
_AGREED = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as a file has it: its text, sub-seconds as digits and the offset from UTC, each empty where it has none.

    `day` allows a date without a time, which some fields may have and others may not.
    """

    text: str
    fraction: str = ""
    offset: str = ""
    day: bool = False


def taken_at(stamps: Iterable[Stamp], zone_of: Callable[[datetime], timezone | None]) -> str | None:
    """Return the first date that can be read, as ISO 8601 to the millisecond: in UTC with Z, or as a local time.

    `zone_of` is asked for the zone of a local time that has none of its own. Zero, blank and impossible dates are
    passed over.
    """
    for stamp in stamps:
        moment, whole = _read(stamp)
        if moment is None:
            continue
        zone = moment.tzinfo or (zone_of(moment) if whole else None)
        if zone is None:
            return moment.isoformat()
        return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return None


def read_local(text: str) -> datetime | None:
    """Return the time of a text without any zone, or None."""
    moment, whole = _read(Stamp(text))
    return moment.replace(tzinfo=None) if moment and whole else None


def read_offset(text: str) -> timezone | None:
    """Return the zone that "+02:00", "+0200", "+02" or "Z" says, from -12:00 to +14:00, or None."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    if found[1] is None:
        return UTC
    minutes = int(found[3] or 0)
    offset = timedelta(hours=int(found[2]), minutes=minutes) * (1 if found[1] == "+" else -1)
    return timezone(offset) if minutes < 60 and _WEST <= offset <= _EAST else None


def agreed(local: datetime, other: datetime | None) -> bool:
    """Return whether two times are the same moment, give or take two minutes; sub-seconds of `local` do not count."""
    return other is not None and abs(local.replace(microsecond=0) - other) <= _AGREED


def zone_between(local: datetime, utc: datetime | None) -> timezone | None:
    """Return the zone in which a moment of UTC is that local time, or None where there is none: zones are quarters
    of an hour apart, and from -12:00 to +14:00.
    """
    if utc is None:
        return None
    quarters = round((local - utc) / _QUARTER)
    offset = quarters * _QUARTER
    return timezone(offset) if _WEST <= offset <= _EAST and agreed(local, utc + offset) else None


def xmp_stamps(packet: bytes) -> Iterator[Stamp]:
    """Yield the dates of an XMP packet (ISO 16684-1), as attributes or elements: photoshop:DateCreated comes first."""
    for pattern in _XMP:
        found = pattern.search(packet, 0, _XMP_BYTES)
        if found:
            yield Stamp(found[1].decode("ascii"), day=True)


def iptc_stamps(block: bytes) -> Iterator[Stamp]:
    """Yield the date of an IPTC block, first with its time where it has one."""
    date = _IPTC_DATE.search(block)
    if date is None:
        return
    day = b"-".join(date.groups()).decode("ascii")
    time = _IPTC_TIME.search(block)
    if time:
        yield Stamp(f"{day}T{b':'.join(time.groups()[:3]).decode('ascii')}", offset=(time[4] or b"").decode("ascii"))
    yield Stamp(day, day=True)


def _read(stamp: Stamp) -> tuple[datetime | None, bool]:
    """Return the moment of a stamp, in its own zone if it has one, and whether it has a time of day."""
    found = _MOMENT.fullmatch(stamp.text.strip())
    if found is None or int(found["year"]) not in _YEARS:
        return None, False
    whole = found["hour"] is not None
    if not whole and not stamp.day:
        return None, False
    fraction = found["fraction"] or stamp.fraction.strip()
    if not (fraction.isascii() and fraction.isdigit()):
        fraction = ""
    numbers = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    year, month, day, hour, minute, second = numbers
    milliseconds = int(fraction[:3].ljust(3, "0"))
    zone = read_offset(found["zone"] or "") or read_offset(stamp.offset)
    try:
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=zone), whole
    except ValueError:
        return None, False
