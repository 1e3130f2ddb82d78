"""What comes back from the lists of an export.

In: the folder of an export, and its lists with results filled in, receipts of gateways, or the files from which it was made.
Out: a contact log and do-not-contact entries that the next export reads, figures by manager and action, or findings.
Read `returned` (files into rows with a result), `matching` (rows into contacts), `record`, `results`, `for_report` (those of a
quarter), `progress`, then `verify`.
"""
