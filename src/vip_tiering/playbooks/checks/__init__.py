"""What can be judged only where all rule files stand side by side.

In: the checked files. Out: mistakes with their places, and warnings.
Read `references` (what one file names must stand in the other), `outputs` (which command puts out what the plan asks for), `lint` (what
is worth a warning).
"""
