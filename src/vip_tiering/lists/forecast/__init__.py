"""`vip playbook forecast`: how much work the days to come hold, counted by making their lists.

In: a run, the files beside it, the lists so far. Out: counts per day, manager and action; nothing is remembered.
Read `job` (the command), `days` (one day after another).
"""
