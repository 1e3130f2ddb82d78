"""The figures of reports, made once: frames in, frames out. Who writes them, and for whom, stands elsewhere.

In: the tables of runs and the customer file. Out: frames whose columns reports name.
Read `holders` (who looks after whom), `moves` with `clues` (who rose or fell, and why), `prospects` (who is about to), `tallies`,
`movement` (what changed a sum), `measures` (against targets), `delivered` (fees and events in the hall), `coverage` (of products).
"""
