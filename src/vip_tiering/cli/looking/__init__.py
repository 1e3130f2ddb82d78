"""The commands that look at what was published, and change nothing of it.

Read in any order: `runs` (which there are, and what differs between two), `report` (a quarter on one page), `explain`, `dossier` (one
customer), `what_if` (another ladder, other extracts, the bank's own averages).
"""
