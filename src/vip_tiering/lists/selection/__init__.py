"""Who is due for which action on a day, and which gate stops whom.

In come the run, the customer file and what lies beside it, earlier exports, and the playbooks; out go frames (`select.DUE`,
`gates.VERDICTS`), one row for each customer and case. Read `cases` (an action on a channel), `people`, `select` with `events`,
`spread` and `history` (who is due), then `facts`, `privacy` and `gates` with `control` (who is stopped, and why) and `one_contact`
(what one contact of a day holds). `earlier_exports` and `contact_log` read back what earlier days left, and `memory` finds whether
any of it was lost.
"""
