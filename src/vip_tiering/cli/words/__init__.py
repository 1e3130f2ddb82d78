"""What commands say, in Chinese and English: tables of pairs as in `base.words`, and who decides on the language.

Read `language` first; `help`, `help_of_lists` and `help_page` are what `--help` says in Chinese.
Then comes a table for each module of `show`, by the same name.
A test finds every table here and asks both languages of it.
"""
