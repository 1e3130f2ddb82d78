"""The plan as a branch reads it, made of the rules alone.

In: `load.AllRules`. Out: a workbook and a page, and a folder with the events of a year.
Read `book` (every measure in words), `book_files` (its workbook and page), `event_plan` (what takes place in the branch hall, and when).
"""
