"""The texts of messages as a workbook, which a branch edits and compliance signs.

In comes a folder of rules; out goes a workbook, or comes back as changes of playbooks.yaml, whole or not at all. Read `rows` (the texts
of the rules as rows), then `export` (the workbook) and `change` (what was edited, checked and written back).
"""
