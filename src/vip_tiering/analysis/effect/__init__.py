"""What contacts bring: those whom an action contacted, against its control group.

In: two runs and the lists between them. Out: one row per action with figures and what may be chance.
Read `answer` (the question, and the line of it), `figures` (groups and figures), `intervals` (how far chance reaches).
"""
