"""The commands `vip playbook ...`: parse, call, print.

In: a command line. Out: what the room `show` of `cli` makes of the answer.
Read `group` (all commands, and most of them), then those with a module of their own: `texts`, `forecast`, `effect`.
"""
