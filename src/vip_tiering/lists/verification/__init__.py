"""The second opinion: whether the written files of an export keep the hard rules, found with code of its own.

In: both folders of an export, the rules, and for people the run and the files beside it. Out: findings by file, row and rule.
Nothing is taken from the selection or the export; import-linter sees to that.
Read `read_back` (the rules and their texts, files into tables), `entries` (whom they name), `rules` and `texts` (what the files
tell by themselves), then `customers`, `gates`, `households` and `addresses` (what the customer file says of the people in them).
"""
