"""What a case of the table is, how a sound extract is damaged, and how the command is run on it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import prepared

CANARY = "CANARY"
AMOUNT = "424242"
HEADER = "customer_id,date,balance\n"
DAYS = ("2015-10-01", "2015-10-02", "2015-10-03")
MIDDLE = "balances_20151002.csv"
RUN = "2015Q4-asof-20151003"
Files = dict[str, bytes]
"""Path below the working folder's `extracts` -> content; a path that begins with `../` lies beside it."""
Change = Callable[[Files], None]


@dataclass(frozen=True)
class Case:
    """A refused input: its number in the list (0: beyond it), how the sound extract is changed, the exit code, what is named.

    `options` replace those of the sound command line; a first one without dashes is the extract argument.
    """

    number: int
    name: str
    change: Change
    status: int
    names: tuple[str, ...]
    options: tuple[str, ...] = ()
    not_yet: str = ""

    def parameter(self) -> Any:
        """Return the case as a parameter of a test, with its number and its name."""
        return parameter(self.number, self.name, self, self.not_yet)


@dataclass(frozen=True)
class Accepted:
    """An input that looks bad and is good: what `tiers.csv` holds afterwards, the warnings, and counts of the manifest.

    `lines` replace the sound lines of these customers; those of `gone` are not there; each warning holds all its words.
    """

    number: int
    name: str
    change: Change
    warnings: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    options: tuple[str, ...] = ()
    not_yet: str = ""

    def parameter(self) -> Any:
        """Return the case as a parameter of a test, with its number and its name."""
        return parameter(self.number, self.name, self, self.not_yet)


def parameter(number: int, name: str, value: object, not_yet: str = "") -> Any:
    """Return a parameter that is marked with a number of the list, and as failing where that is so for now."""
    marks = [pytest.mark.bad_input(number)] if number else []
    if not_yet:
        marks.append(pytest.mark.xfail(strict=True, reason=not_yet))
    return pytest.param(value, marks=marks, id=f"{number:02d} {name}" if number else name)


def rows(day: str, count: int = 5) -> str:
    """Return data rows of one day; every id and amount is recognisable should it ever be shown."""
    return "".join(f"{CANARY}{number:03d},{day},{AMOUNT}{number}.50\n" for number in range(count))


def good() -> Files:
    """Return a sound extract of three days."""
    return {f"balances_{day.replace('-', '')}.csv": (HEADER + rows(day)).encode() for day in DAYS}


def good_line(number: int) -> str:
    """Return what `tiers.csv` says of a customer of the sound extract."""
    return f"{CANARY}{number:03d},gold_diamond,金钻,{AMOUNT}{number}.50,{AMOUNT}{number}.50,3"


def nothing(_files: Files) -> None:
    """Leave the sound extract as it is."""


def middle(text: str | bytes) -> Change:
    """Return the change that gives the middle day this content."""
    return lambda files: files.update({MIDDLE: text.encode() if isinstance(text, str) else text})


def every_day(convert: Callable[[bytes], bytes]) -> Change:
    """Return the change that converts the content of every day."""
    return lambda files: files.update({name: convert(content) for name, content in files.items()})


def beside(name: str, content: str | bytes) -> Change:
    """Return the change that puts another file among the extracts, or beside them (`../rules/tiers.yaml`)."""
    return lambda files: files.update({name: content.encode() if isinstance(content, str) else content})


def both(*changes: Change) -> Change:
    """Return the changes one after another as one."""

    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change


def row(text: str) -> Change:
    """Return the change that puts this row at row 4 of the middle day."""
    lines = (HEADER + rows(DAYS[1])).splitlines()
    lines[3] = text
    return middle("\n".join(lines) + "\n")


def balance(text: str) -> Change:
    """Return the change that gives row 4 of the middle day this balance."""
    return row(f"{CANARY}002,{DAYS[1]},{text}")


def replaced(name: str, content: bytes) -> Change:
    """Return the change that delivers the middle day under another name."""

    def change(files: Files) -> None:
        del files[MIDDLE]
        files[name] = content

    return change


def extract_rules(text: str) -> Change:
    """Return the change that puts the usual ladder and these rules for extracts into `./rules`."""
    ladder = (Path(__file__).parents[3] / "rules" / "tiers.yaml").read_bytes()
    return both(beside("../rules/tiers.yaml", ladder), beside("../rules/extracts.yaml", f"version: 1\n{text}\n"))


def parquet(options: dict[str, Any] | None = None, **columns: pa.Array) -> bytes:
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **(options or {}))
    return sink.getvalue()


def sound_parquet(count: int = 5) -> dict[str, pa.Array]:
    """Return the columns of a sound Parquet extract of the middle day."""
    return {
        "customer_id": pa.array([f"{CANARY}{number:03d}" for number in range(count)]),
        "date": pa.array([DAYS[1]] * count),
        "balance": pa.array([f"{AMOUNT}{number}.50" for number in range(count)]).cast(pa.decimal128(18, 2)),
    }


def lay_out(folder: Path, change: Change) -> list[str]:
    """Write the changed extract below `folder` and return the names that then stand there."""
    files = good()
    change(files)
    (folder / "extracts").mkdir()
    for name, content in files.items():
        path = folder / "extracts" / name
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        path.resolve().write_bytes(content)
    return sorted(path.name for path in folder.iterdir())


def compute(folder: Path, arguments: Iterable[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `vip tier compute` in `folder` as a process of its own."""
    if not options:
        return prepared.run(["tier", "compute", *arguments], folder, COLUMNS="80")
    command = [*options.pop("before", ()), sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80"} | options.pop("env", {})
    return subprocess.run(command, cwd=folder, check=False, text=True, env=environment, timeout=300, **{"capture_output": True} | options)


def arguments_of(given: tuple[str, ...]) -> list[str]:
    """Return the sound command line with what `given` says instead; `--whole` takes the whole quarter."""
    first = next((index for index, one in enumerate(given) if one.startswith("--")), len(given))
    extracts, given = given[:first] or ("extracts",), given[first:]
    options = {"--quarter": "2015Q4", "--as-of": "2015-10-03", "--out": "out"}
    if "--whole" in given:
        del options["--as-of"]
        given = tuple(one for one in given if one != "--whole")
    options |= dict(zip(given[::2], given[1::2], strict=True))
    return [*extracts, *(part for pair in options.items() for part in pair)]


def check_refused(result: subprocess.CompletedProcess[str], status: int, names: Iterable[str]) -> None:
    """Check the exit code, that everything is named on stderr, and that no value of a customer and no traceback is shown."""
    shown = result.stdout + result.stderr
    assert (status, "") == (result.returncode, result.stdout), shown
    assert [] == [name for name in names if name not in result.stderr], result.stderr
    assert [] == [word for word in (CANARY, AMOUNT, "Traceback") if word in shown], shown
    assert all(line.startswith(("vip: ", "Usage: ", "Try ")) for line in result.stderr.splitlines()), result.stderr
