"""Reports for people on what a run found: who rose, fell, came or went in a quarter, and who is about to.

In: a published run, the runs to compare it with, the customer file, targets.yaml. Out: folders of workbooks and tables, a page;
every figure is proved against the run.
Read `inputs` with `earlier_runs` and `months` (what is read), `report` (the line), the room `figures` (frames in, frames out) and `words`,
then `changes` (`vip changes export`) and `overview` (`vip report`).
"""
