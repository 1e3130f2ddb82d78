"""The command `vip`: parse, call, print. Nothing else prints or exits, and nothing heavy is imported before a command runs.

A command line comes in; lines, tables or JSON go out on stdout, errors and progress on stderr, and an exit code.
Read `main` (groups, errors, exit codes), `commands` (headings, and what is missing of a command line), `completion` (what a shell
offers), `options`, then one module per group of commands: tiers, the room `looking`, changes, the room `playbook`, routine, rules, demo.
`terminal` prints; the room `show` makes what is printed of a result, and the room `words` says it in Chinese and English.
"""
