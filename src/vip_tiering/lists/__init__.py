"""The lists of a day: who is called, written to, invited; and what comes of it.

In: a published run, the customer file and what lies beside it, earlier exports, the playbooks. Out: two folders of lists, open and
private, and later the results that bind the next day.
Read `selection` (who is due, which gate stops whom), `export` (what the lists say), `verification` (the same lists, judged by code of their
own), then `forecast` (the days to come) and `followup` (what comes back). docs/architecture.md draws the line.
"""
