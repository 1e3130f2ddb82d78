"""A quarter's tiers: daily extracts come in, a run folder goes out.

The line is `run`: plan (which day stands for which: missing_days) -> posting of each day (scope: what of a balance counts)
-> ledger (fen-days), day_totals (how the assets stood each day) -> partial_days (whether a used day came in part) -> tiering, retention
-> changes against the quarter before, outlook on the days to come -> the room `published`. Read in that order.
`job` is `vip tier compute` around the line; the room `kept` keeps the ledger of a provisional run for the next; the room `checking` is
`vip extract check`, which walks it as far as the ledger.
"""
