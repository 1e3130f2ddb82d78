"""A quarter's days, read and posted by a Spark cluster: the plan of a run comes in, what was posted goes out, and `tiers.run` goes on.

`blocks` (which customers go together, and how their rows travel) -> `tasks` (what an executor does: read files, post the days of some
customers) -> `gather` (the parts of all executors as one, and what forbids a run told as if it had been found here) -> `engine` (the job
itself) -> `session` (the connection), `installed` (whether there can be one). Read in that order.
No rule stands here: files are read by `extracts.days`, days are posted by `tiers.posting`. Only `engine` and `session` import Spark.
"""
