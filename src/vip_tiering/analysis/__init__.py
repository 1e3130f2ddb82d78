"""Questions asked of published runs: why a customer has a tier, and what would be if rules or extracts were others.

In: run folders, at times the extracts of one. Out: frames and documents that the command line shows; no run is changed.
Read in any order: each question has its own module. explain: why a customer has a tier, with trace: its days, from the extracts.
"""
