"""The overview as one HTML page: charts as SVG, grids of text, sections in order. In: `Contents`. Out: bytes, the same for the same run.

Read `page` (the sections), `grids` (tables as people read them), `drawing` (how a chart becomes SVG that follows the page),
then `charts` and `charts_of_groups`.
"""
