"""A report as a workbook: one printed page, then a sheet for each section, with charts that spreadsheets draw themselves.

In: `Contents`, the same frames as the page and the terminal show. Out: bytes of an .xlsx.
Read `grid` (how a table stands on a sheet), `wide` (long tables as people read them), `charts`, `first_sheet` (the printed page, which the
report of changes has too), `book` (which sheets there are), `words`.
"""
