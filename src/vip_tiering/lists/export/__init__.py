"""The lists of a day: who is contacted, on which channel, and what the files say.

In come the command's options; out go the folders of an export, open and private. Read `job` (the whole of it in its order), then
`day` (the line from a run to lists), `seats` and `ranking` (who is invited, and whom a manager contacts first), `messages` and
`people_list` (the rows of lists, made with `row_context`, `reasons` and `household_cells`), `outcome` (suppressed, contacts, counts),
and `files` with `profiles` (which table goes into which file). `notes` are the warnings.
"""
