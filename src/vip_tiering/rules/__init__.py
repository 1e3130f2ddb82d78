"""The rules that decide on tiers, and how any rule file is read.

In comes a folder of YAML files; out comes `Rules`, or RulesError with every mistake of every file at its line and column.
Read `yaml_file` (strict YAML with places) and `yaml_edit` (a value changed at its place), then `forms` (a file against its form), then
the files themselves: `tiers`, with `overrides`, `extracts` with `balance_unit` and `text_format`, `calendar`; `tables` reads the small
CSVs beside them. `load` makes one value of them; `folder` says where they lie.
"""
