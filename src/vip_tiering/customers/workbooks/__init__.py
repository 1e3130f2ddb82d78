"""Workbooks beside a run, `.xlsx`, `.xls` and `.ods`: sheets into named columns of text, and nothing lost on the way.

In: the bytes of a workbook. Out: the columns of its sheets as text, or DataError that says what its reader would have lost.
Read `sheets` (the cells), then `container` (what a workbook says of itself before a cell is read) with `xls` and `ods`.
"""
