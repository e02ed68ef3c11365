"""Reading files of other systems: bytes → table → columns → plan. Pure: no database, no clock, nothing printed.

`reader` makes a table of bytes, `columns` says what each column is, `dates` reads a whole column in one format, `plan`
makes the rows to store and the list of what is wrong. records/services/imports.py judges and stores a plan.
"""
