"""`vip changes export`: a workbook for the branch, a CSV for each branch, a workbook and a CSV for each manager.

In: a run and the one before it, the customer file. Out: a folder, and the same as CSV for programs.
Read `export` (the job), `notes` (what people should know), then `tables`, `measure_tables`, `first_sheet` and `files`: how figures are
written.
"""
