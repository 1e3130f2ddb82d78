"""Questions asked of published runs: why a customer has a tier, and what would be if rules or extracts were others.

In: run folders, at times the extracts of one. Out: frames and documents that the command line shows; no run is changed.
Read in any order: each question has its own module. `explain`: why a customer has a tier; `trace`: its days, from the extracts.
`simulate`: another ladder; `expected`: how many rows its actions would make. `restate`: corrected extracts; `recompute`: a published
run once more, by its own options. `run_diff`: two published runs; `two_runs`: the customers of two runs side by side. `reconcile`: the
bank's own averages; `bank_file` reads them, `hypotheses` and `other_lines` say why they may differ. The room `dossier` holds all that
is known of a customer, `effect` says what contacts bring. `table_file`: the rows of an answer as a file.
"""
