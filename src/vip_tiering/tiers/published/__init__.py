"""What a run folder holds: how it is written, and how everybody who starts from a run reads it.

In: the results of a run, or a folder. Out: tables, a manifest with their sha256, and `run_folder.TieredRun`, a run read back.
Read `run_files` (which tables, which columns), `run_folder` (intact, of the right quarter, official), `all_runs` (which runs there are),
`differences` (which extracts another run had).
"""
