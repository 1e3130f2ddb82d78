"""What a bank does every morning, as one command for cron: tiers, reports and lists, as far as they are due.

In: one file of settings, the folders that it names, a day. Out: the same folders that the single commands publish, one outcome a step.
Read `config` (the settings, and where each comes from), `due` (what is due on a day: a pure rule), `steps` (how each step is done),
`morning` (the line: look, decide, do).
"""
