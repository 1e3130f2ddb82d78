"""What is done for each tier: one module for each YAML file, with its form, its own checks and its place in the floor.

In comes the folder of rules; out comes `load.AllRules`, or RulesError with every mistake of every file at once.
Read `floor` (what may not be looser), then the files: `products`, `channels`, `gates`, `playbooks_file` with its `actions`,
`plan_ids`, `profiles`, the room `customers`, `targets`; `messages` is about texts, `events` about when something takes place in the
branch hall. The room `checks` looks at files against each other, `load` makes one value of all; the room `plan` is the whole plan as a
branch reads it.
"""
