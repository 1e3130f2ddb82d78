"""`vip report`: what a branch head looks at, as one page, one workbook, a summary on the terminal, and `--json`.

In: what `reports.inputs` reads, the runs beside, what came of the lists. Out: `Contents`, exact frames in order, which all of them show.
Read `contents` (what there is, in which order), `tables` (its form), the makers of its tables (`summary`, `over_time`, `spread`,
`groups`, `sources`), `words` and `cells` (how a figure is said), then `document` (for programs), `job` (the line) and the room `page`.
"""
