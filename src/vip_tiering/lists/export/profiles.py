"""A list in the form that a system takes: its columns, its encoding, its limits (rules/profiles.yaml)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import one_array
from vip_tiering.base.errors import DataError, ProofError, UsageError
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.customers.cells.texts import are_longer, plain
from vip_tiering.playbooks.profiles import Column, Profile
from vip_tiering.publishing.csv_files import CsvForm, write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import OFFERED, write_workbook

DEFAULT_PROFILE: Final = "gateway"
_LINE_ENDS: Final = {"lf": "\n", "crlf": "\r\n"}


def profile_writers(
    profile: Profile, table: pa.Table, channel: str, *, private: bool, name: str, offered: Mapping[str, Sequence[str]] = OFFERED
) -> dict[str, Writer]:
    """Return how each file of a list is written, in the form of a profile: file name -> writer.

    `table`: the list of `channel`, one row per message or customer, in the order of the files. `private`: a private client
    may be among the rows. `name`: file name without ending; a number follows where the profile's rows need several files, the
    name of manager or action where it asks for one file for each. `offered`: the words that a workbook offers, by field. A list
    without rows is one file without rows.
    Raises ProofError where private clients would go to many, UsageError where the profile is not for the channel, DataError
    where a value is longer than the system takes.
    """
    if private and profile.mass_send:
        raise ProofError(f"{name}: may hold private clients, and {profile.code} reaches many at once")
    if channel not in profile.channels:
        raise UsageError(f"{profile.code}: takes lists of {', '.join(profile.channels)}, not of {channel}")
    shaped = _shaped(profile, table)
    _check_lengths(profile, shaped, name)
    writers: dict[str, Writer] = {}
    for stem, rows in _shares(profile, table, shaped, name):
        for file, part in _parts(profile, rows, stem):
            unique = file
            while f"{unique}.{profile.format}" in writers:
                unique += "x" if _has_plain_names(profile) else "_"
            writers[f"{unique}.{profile.format}"] = _writer(profile, part, name, offered)
    return writers


def _shaped(profile: Profile, table: pa.Table) -> pa.Table:
    """Return the table with the profile's columns under its headers; a field that the list has not is left out."""
    columns = {
        str(column.header): _values(column, table)
        for column in profile.columns
        if column.field is None or column.field in table.column_names
    }
    return pa.table(columns)


def _values(column: Column, table: pa.Table) -> pa.Array | pa.ChunkedArray:
    """Return one column of shape (n,): text, or whole numbers where the list has numbers and nothing stands before them."""
    if column.field is None:
        return plain(column.constant or "", len(table))
    values = table.column(column.field)
    if column.prefix is None and (pa.types.is_integer(values.type) or not values.null_count):
        return values
    texts = pc.fill_null(values.cast(pa.string()), "")
    if column.prefix is None:
        return texts
    return pc.if_else(pc.equal(texts, ""), "", pc.binary_join_element_wise(column.prefix, texts, ""))


def _check_lengths(profile: Profile, shaped: pa.Table, name: str) -> None:
    """Refuse values that the system would cut or refuse, counted in UTF-16 units; all columns at once."""
    problems = []
    for column in profile.columns:
        most = profile.most_units(column)
        if most is None or column.header not in shaped.column_names:
            continue
        if too_long := np.count_nonzero(are_longer(shaped.column(column.header), most)):
            values = "1 value has" if too_long == 1 else f"{too_long} values have"
            problems.append(f"{name}: column {column.header}: {values} more than {most} UTF-16 units, which {profile.code} does not take")
    if problems:
        raise DataError(problems)


def _shares(profile: Profile, table: pa.Table, shaped: pa.Table, name: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each file by its name: all of them, or those of each manager or action, in the order of their names."""
    if profile.per is None or not len(table):
        yield name, shaped
        return
    given = pc.fill_null(one_array(table.column(profile.per)).cast(pa.string()), "")
    owners = pc.if_else(pc.equal(pc.utf8_trim_whitespace(given), ""), UNASSIGNED, given).to_pandas()
    rows_of, stems = owners.groupby(owners).indices, safe_names(owners.unique())
    for owner in sorted(rows_of, key=stems.__getitem__):
        yield f"{name}-{stems[owner]}", shaped.take(pa.array(rows_of[owner]))


def _parts(profile: Profile, rows: pa.Table, stem: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield files of as many rows as the system takes at once; their numbers have equally many digits, so that they sort."""
    plain = _has_plain_names(profile)
    stem = "".join(filter(str.isalnum, stem)) if plain else stem
    most = profile.max_rows or max(1, len(rows))
    count = -(-len(rows) // most)
    if count <= 1:
        yield stem, rows
        return
    digits = max(3, len(str(count)))
    for number in range(count):
        yield f"{stem}{'' if plain else '-'}{number + 1:0{digits}}", rows.slice(number * most, most)


def _has_plain_names(profile: Profile) -> bool:
    """Tell whether the names of files must be of letters and digits only."""
    return profile.limits is not None and profile.limits.plain_file_names


def _writer(profile: Profile, rows: pa.Table, name: str, offered: Mapping[str, Sequence[str]]) -> Writer:
    """Return what writes one file."""
    if profile.format == "xlsx":
        fields = {str(column.header): column.field or str(column.header) for column in profile.columns}
        keys = {header: fields[header] if fields[header] in offered else header for header in rows.column_names}
        headers = {key: header for header, key in keys.items()}
        return lambda sink: write_workbook({name: rows.rename_columns(list(keys.values()))}, headers, sink, offered)
    form = CsvForm(profile.encoding, bom=profile.bom, line_end=_LINE_ENDS[profile.line_end], header=profile.header)
    columns = {header: rows.column(header) for header in rows.column_names}
    return lambda sink: write_csv(columns, sink, form)
