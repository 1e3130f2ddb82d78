"""The forms in which extracts come: bytes in, columns out.

Read `csv_file` with `csv_header` and `csv_text` (text), `parquet` with `parquet_footer` (what a file says of itself, read safely).
"""
