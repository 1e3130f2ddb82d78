"""Daily balance extracts: files in, checked rows out, day by day, with every problem found on the way.

Read in this order: `find` (which files), `look` with `headers`, `named_days` and `extract` (what each of them holds), `days` (their rows,
day by day). The room `formats` makes columns of a file's bytes.
`checks` with `ids` makes `rows` of the columns, or rejects, by the rules in `row_rules`.
"""
