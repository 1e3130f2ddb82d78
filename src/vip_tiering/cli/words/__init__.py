"""What commands say, in Chinese and English: tables of pairs as in `base.words`, and who decides on the language.

Read `language` first; `help`, `help_of_lists` and `help_page` are what `--help` says in Chinese,
broken over lines by `lines`. `sentences` are those of lower rooms. Then comes a table for each module of `show` that needs one:
`run`, `extracts`, `customers`, `explain`, `what_if`, `lists`, `playbooks`.
A test finds every table here and asks both languages of it.
"""
