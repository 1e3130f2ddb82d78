"""What every room stands on: values in, values out, no file format of the program and no rule of the bank.

Read `errors` and `quarter` first, then `money` (int64 fen), `schema` (the columns of all tables) and `text`.
`arrays` holds what Arrow columns lack, `roster` gives customers their positions, `threads` works ahead,
`disk` tells what a disk refuses, `words` is what people read, in Chinese and English.
"""
