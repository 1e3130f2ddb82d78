"""What a result looks like on a terminal: lines and tables of each command, and nothing that prints them.

In: what a job answered. Out: text, Rich tables, or a document for `--json`.
Read `tables` (the one form of a table), then one module per answer, in any order: `run`, `report`, `explain`, `dossier`, `what_if`,
`effect`, `extracts`, `customers`, `lists`, `forecast`, `playbooks`, `routine`.
"""
