"""Which column of a file beside a run feeds which field."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.customers.side_file import SideFile
from vip_tiering.extracts.headers import listed, shown, tidy_header
from vip_tiering.playbooks.customers.customers_file import CustomerRules

_NEAR: Final = 0.8
"""How alike an unknown header and a known one are that are taken for a slip of the pen (difflib's ratio)."""
_NEAR_CHINESE: Final = 0.5
"""How alike for a question whether it is meant: of the few characters of a Chinese header a half tells it, of English letters chance."""


@dataclass(frozen=True)
class FoundColumns:
    """The columns of a file by field: field -> string array of shape (n,), and the header of each as messages show it.

    `unused`: the headers that feed no field of this file, as messages show them, those that nobody knows first; `strange`: those
    of them that mean no field of any file beside a run. `days`: field -> day numbers of the cells of a workbook that hold a day, see
    `SideFile`; `no_ids`: field -> those that hold a day or a truth value.
    """

    file: str
    values: dict[str, pa.Array]
    headers: dict[str, str]
    row: Int32s
    unused: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    days: dict[str, Int32s] = dataclasses.field(default_factory=dict)
    no_ids: dict[str, Mask] = dataclasses.field(default_factory=dict)

    def __contains__(self, field: str) -> bool:
        """Return whether the file has a field."""
        return field in self.values

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row)

    def texts(self, field: str) -> pa.Array:
        """Return the column of a field, shape (n,); "" throughout where the file has none."""
        return self.values[field] if field in self.values else pa.repeat("", len(self))


def perhaps_meant(header: str, known: Iterable[str]) -> str | None:
    """Return the known header, as headers are compared, that an unknown one may mean; None where it is like none of them."""
    tidied = tidy_header(header)
    near = difflib.get_close_matches(tidied, known, n=1, cutoff=_NEAR if tidied.isascii() else _NEAR_CHINESE)
    return near[0] if near else None


def find_columns(file: SideFile, rules: CustomerRules, fields: Sequence[str], needed: Sequence[str]) -> tuple[FoundColumns, list[str]]:
    """Return the columns of `fields`, and a warning for each header that is nearly that of an absent field.

    Raises DataError where one of the fields `needed` is absent, where two columns may be one field, or where a column is of
    a type that is not text.
    """
    tidied = [tidy_header(header) for header in file.headers]
    known = {field: {tidy_header(header) for header in rules.headers_of(field)} for field in fields}
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for field, names in known.items():
        hits = [place for place, one in enumerate(tidied) if one in names]
        if len(hits) > 1:
            both = " and ".join(shown(file.headers[place], place) for place in hits)
            message = f"{both} may all be the {field}; say which under columns in rules/customers.yaml, or deliver one of them"
            problems.append(Problem(file.name, None, None, "header-ambiguous", message))
        elif hits:
            found[field] = hits[0]
    wrong = {field: place for field, place in found.items() if place in file.unreadable}
    problems += [_wrong_type(file, place) for place in sorted(set(wrong.values()))]
    if problems:
        raise DataError(problems)
    columns = {field: file.columns[place] for field, place in found.items()}
    headers = {field: shown(file.headers[place], place) for field, place in found.items()}
    unused, strange = _left(file, rules, found)
    days = {field: file.days[place] for field, place in found.items() if place in file.days}
    no_ids = {field: file.no_ids[place] for field, place in found.items() if place in file.no_ids}
    result = FoundColumns(file.name, columns, headers, file.row, unused, strange, days, no_ids)
    if lacking := [missing_column(result, rules, field) for field in needed if field not in result]:
        raise DataError(lacking)
    return result, _near_misses(file, known, found)


def missing_column(columns: FoundColumns, rules: CustomerRules, field: str) -> Problem:
    """Return the problem of a needed field; where no header is known at all it may be the first customer, and is not shown."""
    usual = " or ".join(rules.headers_of(field)[:3])
    known = {tidy_header(header): header for header in rules.headers_of(field)}
    asked = [asked_for(header, known) if header in columns.strange else header for header in columns.unused]
    hint = f"not recognised: {listed(asked)}" if columns.values else "no header is recognised; is there one?"
    message = f"no column for the {field} (such as {usual}); {hint}; map your own under columns in rules/customers.yaml"
    return Problem(columns.file, None, None, "header-missing", message)


def asked_for(header: str, known: Mapping[str, str]) -> str:
    """Return a header as messages show it, with the one that may be meant. `known`: by header as headers are compared."""
    near = perhaps_meant(header, known) if not header.startswith("column ") else None
    return f"{header} (did you mean {known[near]}?)" if near else header


def _left(file: SideFile, rules: CustomerRules, found: dict[str, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the headers that feed no field, as messages show them, and those of them that mean no field of any file.

    First come those that nobody knows, for among them is the one that somebody looks for; then those of other files and of lists.
    """
    meant, of_lists = ({tidy_header(one) for one in headers} for headers in (rules.every_header, rules.list_headers))
    left = [
        (tidy_header(header), shown(header, place)) for place, header in enumerate(file.headers) if header and place not in found.values()
    ]
    left.sort(key=lambda one: one[0] in meant or one[0] in of_lists)
    return tuple(name for _, name in left), tuple(name for header, name in left if header not in meant)


def _wrong_type(file: SideFile, place: int) -> Problem:
    message = f"column {shown(file.headers[place], place)} is of type {file.unreadable[place]}; deliver it as string"
    return Problem(file.name, None, None, "column-type", message)


def _near_misses(file: SideFile, known: dict[str, set[str]], found: dict[str, int]) -> list[str]:
    """Return a warning for each column that nobody uses and whose header is nearly that of a field which is absent."""
    absent = {header: field for field, headers in known.items() if field not in found for header in headers}
    warnings = []
    for place, header in enumerate(file.headers):
        if place in found.values():
            continue
        near = difflib.get_close_matches(tidy_header(header), absent, n=1, cutoff=_NEAR)
        if near:
            warnings.append(f"{file.name}: column {shown(header, place)} is not used; did you mean {near[0]} ({absent[near[0]]})?")
    return warnings
