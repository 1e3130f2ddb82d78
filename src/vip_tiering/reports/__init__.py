"""Reports for people on what a run found: who rose, fell, came or went in a quarter, and who is about to.

In: a published run, the runs to compare it with, the customer file, targets.yaml. Out: a folder with a workbook for the branch, a CSV
for each branch, a workbook and a CSV for each manager, and the same as CSV for programs; every figure proved against the run.
Read export (the job), report (the line), then holders, moves (with clues), prospects, tallies, movement, measures, delivered (fees and
events in the hall) and coverage (of products), which are the frames, then tables, measure_tables, words and files (how they are
written), and earlier_runs and months (the other runs).
"""
