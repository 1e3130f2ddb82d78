"""Folders that appear whole or not at all, and the files in them.

In: writers of files by name, and a document that says what they were made from. Out: a private folder with a manifest, or nothing.
Read switch (names that change at once, by a journal), locks (one command at a time, and what a killed one began), folders (publish,
what already stands there), then manifests (what a folder says of itself, and whether it is true), csv_files, workbook and sheet_rows
(tables into bytes; same tables, same bytes), pages (HTML from templates), one_file (a file that is asked for by its name), and
file_names (names of branches and managers as file names).
"""
