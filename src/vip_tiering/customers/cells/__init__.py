"""What one cell of a customer file may say, kind by kind.

In: columns of text. Out: columns of values, or which rows are wrong; no file is known here.
Read `phones` (mobile numbers), `birthdays` with `lunar` (of both calendars), `dates` (whole years, recurring days), `texts` (tidy text,
how somebody is addressed) with `surnames` (by what Chinese names begin).
"""
