"""The files that come in beside a run: customers, events, contact log, do-not-contact list, fees, events in the hall.

In: CSV or Parquet files and workbooks of the bank, and `customers.yaml`, which says what its columns and words mean. Out: typed,
checked tables.
Read `types` (what goes out), `side_file` (bytes into columns of text; sheets by the room `workbooks`), `columns` (which column is which
field), `fields` (texts into ids, codes, days, numbers; what one cell may say stands in the room `cells`), `customer_file`, `other_files`
and `branch_files` (one parser per file), `products` (who holds what), `households` (who belongs together), `ids` (whom the run knows),
`fitness` (whether lists can be made), `incoming` (all files at once), `check` (what a file holds, for people).
"""
