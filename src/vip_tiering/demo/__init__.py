"""`vip demo`: an invented branch, from its extracts to what came of its lists.

A folder comes in; extracts, customers, runs, reports and lists stand in it afterwards.
Read `run`, which calls what the commands call; `balances` and `people` invent the data, from one seed, in whole numbers.
"""
