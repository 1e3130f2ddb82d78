"""The record of a customer, or of all customers of a manager: tiers, movements, contacts, results, events.

In: run folders, folders of lists, the files beside a run. Out: frames, and a workbook.
Read `facts` (contacts and events, found), `permissions` (what is forbidden), `records` (the frames), `pages` and `workbook` (how they
are written).
"""
