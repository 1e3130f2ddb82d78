"""What may lie beside an extract: its checksum (`X.sha256`) and its control file (`X.ctl`), verified wherever they lie."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from vip_tiering.errors import DataError, Problem
from vip_tiering.money import FEN_PER_YUAN

CHECKSUM_SUFFIX: Final = ".sha256"
CONTROL_SUFFIX: Final = ".ctl"
_LONGEST_BYTES: Final = 1 << 16
_CHECKSUM: Final = re.compile(r"([0-9a-fA-F]{64})([ \t]+\*?\S.*)?")
_ENTRY: Final = re.compile(r"([A-Za-z_]+)\s*[=:]\s*(\S+)")
_FORMS: Final = {"rows": r"[0-9]{1,18}", "sum": r"[-+]?[0-9]{1,25}(\.[0-9]{1,2}0*)?"}
_RIGHT: Final = "write rows=12345, or sum=67890.12"


@dataclass(frozen=True)
class Checksum:
    """The SHA-256 that an extract must have, in lower case, and the file that says so."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Control:
    """How many rows an extract must have, and what its balances must add up to, as far as the control file says."""

    name: str
    rows: int | None = None
    sum_fen: int | None = None


def control_names(extract: str) -> list[str]:
    """Return the names that the control file of an extract may have: X.ctl, and X without its endings."""
    names = [extract]
    while names[-1].lower().endswith((".gz", ".csv", ".txt", ".parquet")):
        names.append(names[-1].rpartition(".")[0])
    return [f"{name}{CONTROL_SUFFIX}" for name in names if name]


def companions(extract: Path, name: str) -> tuple[Checksum | None, tuple[Control, ...]]:
    """Return what lies beside an extract that is known as `name`. Raises DataError for what cannot be read as such."""
    shown = name.removesuffix(extract.name)
    checksum = extract.with_name(extract.name + CHECKSUM_SUFFIX)
    problems: list[Problem] = []
    found = _checksum(checksum, shown + checksum.name, problems) if _lies_there(checksum) else None
    beside = [path for one in control_names(extract.name) if _lies_there(path := extract.with_name(one))]
    controls = tuple(_control(path, shown + path.name, problems) for path in beside)
    if problems:
        raise DataError(problems)
    return found, controls


def _lies_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _text(path: Path, name: str, rule: str, problems: list[Problem]) -> str | None:
    """Return the text of a companion; what cannot be one becomes a problem."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_BYTES:
            problems.append(Problem(name, None, None, rule, "is no small text file; deliver it anew, or move it elsewhere"))
            return None
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problems.append(Problem(name, None, None, rule, f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        problems.append(Problem(name, None, None, rule, "is no text in UTF-8; deliver it anew, or move it elsewhere"))
    return None


def _checksum(path: Path, name: str, problems: list[Problem]) -> Checksum | None:
    text = _text(path, name, "checksum-file", problems)
    if text is None:
        return None
    match = _CHECKSUM.fullmatch(text.strip())
    if match is None:
        message = "is no checksum; it holds the 64 hexadecimal digits of one file's SHA-256, as sha256sum writes them"
        problems.append(Problem(name, None, None, "checksum-file", message))
        return None
    return Checksum(name, match[1].lower())


def _control(path: Path, name: str, problems: list[Problem]) -> Control:
    text = _text(path, name, "control-file", problems)
    if text is None:
        return Control(name)
    found: dict[str, str] = {}
    before = len(problems)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ENTRY.fullmatch(line.strip())
        key = match[1].lower() if match else ""
        if match is None or key not in _FORMS:
            problem = f"is neither rows nor sum; {_RIGHT}"
        elif key in found:
            problem = f"says {key} a second time; say it once"
        elif not re.fullmatch(_FORMS[key], match[2]):
            problem = f"says no {'number of rows' if key == 'rows' else 'amount in yuan'}; {_RIGHT}"
        else:
            found[key] = match[2]
            continue
        problems.append(Problem(name, number, None, "control-file", problem))
    if not found and len(problems) == before:
        problems.append(Problem(name, None, None, "control-file", f"says nothing; {_RIGHT}"))
    rows, total = found.get("rows"), found.get("sum")
    return Control(name, None if rows is None else int(rows), None if total is None else int(Decimal(total) * FEN_PER_YUAN))
