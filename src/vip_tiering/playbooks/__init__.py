"""What is done for each tier: one module for each YAML file, with its form, its own checks and its place in the floor.

In comes the folder of rules; out comes `load.AllRules`, or RulesError with every mistake of every file at once.
Read `floor` (what may not be looser), then the files: `products`, `channels`, `gates`, `playbooks_file` with its `actions`,
`plan_ids`, `profiles`, `customers` with `customer_columns` (which header is which field) and `file_forms` (how files are written),
`targets`; `messages` is about texts, `references` about files against each other, `lint` about what is worth a warning, `outputs`
about which command puts out what, `load` makes one value of all. `events` and `event_plan` say when events in the branch hall take
place; `book` is the whole plan as a branch reads it, `book_files` its workbook and page.
"""
