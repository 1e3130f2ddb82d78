"""Calendar quarters and months, and the period that a run covers. A day is its number since 1970-01-01."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from vip_tiering.base.errors import UsageError

_FORMS: Final = (re.compile(r"([0-9]{4})-?[Qq]([1-4])"), re.compile(r"([0-9]{4})年([1-4])季度"))
_MONTHS: Final = (re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])"), re.compile(r"([0-9]{4})年(0?[1-9]|1[0-2])月"))
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
DAY_FORMS: Final = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日")
"""How days are written, in files and on the command line."""
DAY_WANTED: Final = "a day of the calendar such as 2015-11-15, 20151115, 2015/11/15 or 2015年11月15日"
"""How messages tell these forms."""
_DIGITS: Final = re.compile(r"[0-9]+")
_LEADING_ZERO: Final = re.compile(r"(?<![0-9])0(?=[0-9])")
MIDNIGHT: Final = r"[ T]0?0:00(:00(\.0+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$"
"""What may stand behind a day, as a pattern: no time of day."""
_MIDNIGHT: Final = re.compile(MIDNIGHT, re.ASCII)
_PARTS_OF_DAY: Final = 3


def day_number(date: dt.date) -> int:
    """Return the number of days from 1970-01-01 to `date`."""
    return date.toordinal() - _EPOCH


def day_date(number: int) -> dt.date:
    """Return the date of a day number."""
    return dt.date.fromordinal(int(number) + _EPOCH)


def day_in_form(text: str, form: str) -> int | None:
    """Return the day number of a text in exactly this form, so that 2015-02-30 is refused; midnight may follow.

    Where signs part year, month and day, a leading zero may be left out, as spreadsheets do: 2015/1/5.
    """
    try:
        text = _MIDNIGHT.sub("", text)
        day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
    except ValueError:
        return None
    written = day.strftime(form)
    if written != text and len(_DIGITS.findall(written)) == _PARTS_OF_DAY:
        written, text = (_LEADING_ZERO.sub("", one) for one in (written, text))
    return day_number(day) if written == text else None


def day_of(text: str) -> dt.date | None:
    """Return the day that a text names in any of the forms; None where it is not a day, or a time stands beside it."""
    if _MIDNIGHT.search(text):
        return None
    found = (day_in_form(text.strip(), form) for form in DAY_FORMS)
    return next((day_date(number) for number in found if number is not None), None)


@dataclass(frozen=True, order=True)
class _PartOfYear:
    """One of the equal parts of a year, a quarter or a month, counted from 1. `MONTHS`: how many months it has."""

    MONTHS: ClassVar[int]
    year: int
    number: int

    @property
    def start(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.MONTHS * (self.number - 1) + 1, 1)

    @property
    def end(self) -> dt.date:
        """The last day."""
        return self.following.start - dt.timedelta(days=1)

    @property
    def following(self) -> Self:
        """The one after this one."""
        return self._ahead(1)

    @property
    def previous(self) -> Self:
        """The one before this one."""
        return self._ahead(-1)

    def _ahead(self, count: int) -> Self:
        years, rest = divmod(self.number - 1 + count, 12 // self.MONTHS)
        return type(self)(self.year + years, rest + 1)

    @classmethod
    def of(cls, date: dt.date) -> Self:
        """Return the one that holds `date`."""
        return cls(date.year, (date.month - 1) // cls.MONTHS + 1)


class Quarter(_PartOfYear):
    """A calendar quarter, such as 2015Q4."""

    MONTHS = 3

    def __str__(self) -> str:
        """Return the quarter as `2015Q4`."""
        return f"{self.year:04d}Q{self.number}"

    @classmethod
    def parse(cls, text: str, today: dt.date) -> Quarter:
        """Return the quarter that `text` names; `last` is the newest one that is complete before `today`.

        Raises UsageError for any other form, and for a quarter that has not begun.
        """
        if text == "last":
            return cls.of(today).previous
        match = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
        if match is None or not dt.MINYEAR < int(match[1]) < dt.MAXYEAR:
            raise UsageError("--quarter: not a quarter; write it as 2015Q4, 2015-Q4, 2015年4季度 or last")
        quarter = cls(int(match[1]), int(match[2]))
        if quarter.start > today:
            raise UsageError(f"--quarter: {quarter} has not begun; the newest complete quarter is {cls.of(today).previous}")
        return quarter


class Month(_PartOfYear):
    """A calendar month, such as 2015-11."""

    MONTHS = 1

    def __str__(self) -> str:
        """Return the month as `2015-11`."""
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def parse(cls, text: str, today: dt.date) -> Month:
        """Return the month that `text` names; `last` is the newest one that is complete before `today`.

        Raises UsageError for any other form.
        """
        if text == "last":
            return cls.of(today).previous
        month = cls.of_text(text)
        if month is None:
            raise UsageError("--month: not a month; write it as 2015-11, 201511, 2015年11月 or last")
        return month

    @classmethod
    def of_text(cls, text: str) -> Month | None:
        """Return the month that a text names; None where it is none."""
        match = next((found for form in _MONTHS if (found := form.fullmatch(text))), None)
        return cls(int(match[1]), int(match[2])) if match and dt.MINYEAR < int(match[1]) < dt.MAXYEAR else None


@dataclass(frozen=True)
class Period:
    """The days that a run covers: a whole quarter (official), one up to `as_of` (provisional), or a `month` of it (monthly)."""

    quarter: Quarter
    as_of: dt.date | None = None
    month: Month | None = None

    @classmethod
    def of(cls, whole: Quarter | Month, as_of: dt.date | None = None) -> Period:
        """Return the days of a quarter, of a quarter up to a day, or of a month."""
        return cls(whole, as_of) if isinstance(whole, Quarter) else cls(Quarter.of(whole.start), as_of, whole)

    def __post_init__(self) -> None:
        """Refuse an `as_of` outside the quarter, and one beside a month."""
        if self.month is not None and self.as_of is not None:
            raise UsageError("--month and --as-of exclude each other")
        if self.as_of is not None and not self.quarter.start <= self.as_of <= self.quarter.end:
            raise UsageError(f"--as-of: must lie within {self.quarter.start} to {self.quarter.end}")

    def refuse_unfinished(self, today: dt.date) -> None:
        """Refuse a whole quarter or month that ends after `today`: what is delivered of its last days can only be a mistake."""
        if self.month is not None and self.month.end > today:
            newest = Month.of(today).previous
            raise UsageError(f"--month: {self.month} ends on {self.month.end}; the newest complete month is {newest}")
        if not self.provisional and self.quarter.end > today:
            message = f"{self.quarter} ends on {self.quarter.end}; until then give --as-of DAY for a provisional run"
            raise UsageError(f"--quarter: {message}")

    @property
    def provisional(self) -> bool:
        """Whether the run sees only a part of the quarter, so that it may never stand as a previous run."""
        return self.month is not None or (self.as_of is not None and self.as_of != self.quarter.end)

    @property
    def status(self) -> str:
        """What a manifest says of such a run: `official`, `provisional` or `monthly`."""
        return "monthly" if self.month is not None else "provisional" if self.provisional else "official"

    @property
    def whole(self) -> Quarter | Month:
        """The month that is meant, else the quarter; `as_of` does not count."""
        return self.month or self.quarter

    @property
    def first(self) -> int:
        """The number of the first day."""
        return day_number(self.whole.start)

    @property
    def last(self) -> int:
        """The number of the last day."""
        return day_number(self.as_of or self.whole.end)

    @property
    def days(self) -> int:
        """N: the calendar days of the period, weekends and holidays included."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Return the name of the run's folder: `2015Q4`, `2015Q4-asof-20151115`, or `2015-11`."""
        return f"{self.quarter}-asof-{self.as_of:%Y%m%d}" if self.status == "provisional" else str(self.whole)
