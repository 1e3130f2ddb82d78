"""Lists in the form that a system takes: columns, encoding and files as rules/profiles.yaml says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.errors import ProofError
from vip_tiering.folders import Writer
from vip_tiering.lists.file_names import safe_names
from vip_tiering.lists.workbook import write_workbook
from vip_tiering.profile_models import Profile, ProfileColumn
from vip_tiering.tables import CsvForm, write_csv

OWN_NAMES: Final = {("gateway", "sms"): "sms"}
"""The one list that has no name of its own otherwise."""


def profile_writers(profile: Profile, table: pa.Table, channel: str, headers: Mapping[str, str], *, private: bool) -> dict[str, Writer]:
    """Return the files of a profile for the list of a channel: name -> how it is written.

    `CHANNEL-PROFILE.csv`; in a folder of that name where there is a file for each manager or action; with `-2` and so on
    where a file is full. A list without rows is a file with its header. `private`: the rows are those of private clients.
    Raises ProofError where these would go to a system that sends to many.
    """
    if private and profile.mass_send:
        raise ProofError(f"profile {profile.code}: sends to many, and must not hold private clients")
    name = OWN_NAMES.get((profile.code, channel), f"{channel}-{profile.code}")
    writers: dict[str, Writer] = {}
    for own, part in _parts(profile, table):
        for number, start in enumerate(range(0, max(len(part), 1), profile.max_rows or max(len(part), 1)), 1):
            place = (f"{name}/{own}" if own else name) + (f"-{number}" if number > 1 else "")
            rows = part.slice(start, profile.max_rows)
            for form in profile.formats:
                writers[f"{place}.{form}"] = _writer(profile, rows, form, channel, headers)
    return writers


def _parts(profile: Profile, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each file, with its own name where there are several."""
    if profile.per == "list":
        yield "", table
        return
    owners = table[profile.per].combine_chunks().cast(pa.string()).dictionary_encode()
    names = safe_names(owners.dictionary.to_pylist())
    for number, owner in enumerate(owners.dictionary.to_pylist()):
        yield names[owner], table.filter(pc.equal(owners.indices, number))


def _writer(profile: Profile, table: pa.Table, form: str, channel: str, headers: Mapping[str, str]) -> Writer:
    """Return how one file is written."""

    def write(sink: IO[bytes]) -> int:
        columns = _columns(profile, table, headers)
        if form == "xlsx":
            return write_workbook({channel: pa.table(columns)}, {}, sink)
        csv_form = CsvForm(
            profile.encoding, bom=profile.bom, line_end="\r\n" if profile.line_end == "crlf" else "\n", header=profile.header
        )
        return write_csv(columns, sink, csv_form)

    return write


def _columns(profile: Profile, table: pa.Table, headers: Mapping[str, str]) -> dict[str, pa.Array]:
    """Return the columns of a file: those that the profile names, else all, with the headers for people."""
    if profile.columns is None:
        return {headers.get(name, name): one_array_of(table[name]) for name in table.column_names}
    return {column.header: _column(column, table) for column in profile.columns}


def _column(column: ProfileColumn, table: pa.Table) -> pa.Array:
    if column.field is None:
        return pa.repeat(pa.scalar(column.constant or "", pa.string()), len(table))
    values = one_array_of(table[column.field])
    if column.max_characters is not None:
        fits = pc.less_equal(pc.utf8_length(values), column.max_characters)
        values = pc.if_else(fits, values, column.otherwise or "")
    return pc.binary_join_element_wise(column.prefix, values, "") if column.prefix else values


def one_array_of(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array of text, or of whole numbers where it has them."""
    whole = column.combine_chunks()
    plain = whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
    return plain if pa.types.is_integer(plain.type) else plain.cast(pa.string())
