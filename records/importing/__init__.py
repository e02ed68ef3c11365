"""Reading files of other systems: bytes → table → columns → plan. No database, no clock, nothing printed.

`opening` tells what a file is and makes a table of it (`reader` of texts, `workbook` of Excel files that `packed` let
pass), `presets` knows exports of other systems by their headings and `own_format` our own, `columns` says what each
column is, `dates` reads a whole column in one format, `plan` makes the rows to store and the list of what is wrong, and
`changes` those of an old system's history. records/services/imports/ judges and stores them.
"""
