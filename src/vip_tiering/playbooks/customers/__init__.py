"""customers.yaml: what the columns, words and forms of the files beside a run mean.

In: the YAML document. Out: `customers_file.CustomersFile`.
Read `customers_file` (the whole file, codes, branches), `columns` (which header is which field), `file_forms` (how files are written).
"""
