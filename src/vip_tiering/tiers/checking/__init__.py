"""`vip extract check`: the line of a quarter as far as the ledger, which keeps going where a run would stop.

In: extracts and rules. Out: every problem, and what a run would use.
Read `check` (the walk), `check_report` (what it found, for people and programs).
"""
