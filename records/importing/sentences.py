"""The sentences of everything that can be wrong with a file (FILE) or one of its rows (ROW), by code."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

Sentences = dict[str, Callable[[], str]]

FILE: Sentences = {
    # what it is
    "empty": lambda: _("The file is empty. It needs one line of headings and one line for each record."),
    "size": lambda: _("The file is larger than %(limit)s MB. Split it and import the parts."),
    "rows": lambda: _("The file has more than %(limit)s rows. Split it and import the parts."),
    "empty_rows": lambda: _(
        "The sheet counts more than %(limit)s rows, most of them empty. Delete the empty rows below the table."
    ),
    "cells": lambda: _("The file has more than %(limit)s cells. Delete columns that are not needed, or split it."),
    "columns": lambda: _("The file has more than %(limit)s columns. Delete those that are not needed."),
    "text": lambda: _("The cells of this file hold more than %(limit)s letters together. Split it."),
    "workbook": lambda: _("This is a workbook or another binary file. Save it as CSV and choose that file."),
    "binary": lambda: _("This is neither a table of text nor an Excel file. Choose a CSV, TSV or XLSX file."),
    "old_excel": lambda: _("This is a file of an old Excel (.xls). Open it in Excel and save it as .xlsx."),
    "binary_excel": lambda: _("This is a binary Excel file (.xlsb). Open it in Excel and save it as .xlsx."),
    "open_document": lambda: _("This is an OpenDocument table (.ods). Open it and save it as .xlsx."),
    "web_page": lambda: _("This is a web page that is named like a table. Open it in Excel and save it as .xlsx."),
    "no_workbook": lambda: _("This packed file is no Excel workbook. Choose a CSV, TSV or XLSX file."),
    "password": lambda: _("The workbook is protected by a password. Open it, remove the password, and save it."),
    "macros": lambda: _("The workbook holds macros. Save it as .xlsx, which has none."),
    "links": lambda: _("The workbook links to other workbooks. Break the links (Data, Edit links), and save it."),
    "damaged": lambda: _("The workbook is damaged. Open it in Excel, and save it again."),
    "strict": lambda: _("This is a “Strict Open XML” workbook. Save it as the usual Excel workbook (.xlsx)."),
    "unpacked": lambda: _("Unpacked, the workbook is larger than %(limit)s MB. Split it and import the parts."),
    "ratio": lambda: _("The workbook is packed so tightly that it may harm the server. It was not opened."),
    "entities": lambda: _("The workbook defines entities, which no Excel writes. It was not opened."),
    "strings": lambda: _("The workbook lists more than %(limit)s different texts. Split it and import the parts."),
    "no_sheet": lambda: _("There is no sheet “%(name)s”. The workbook has: %(sheets)s."),
    "no_header_row": lambda: _("Line %(line)s holds no headings. Choose the line with the names of the columns."),
    "encoding": lambda: _("The letters of this file cannot be told for certain. Choose its encoding: %(choices)s."),
    "encoding_chosen": lambda: _("Line %(line)s holds letters that are not %(encoding)s. Choose another encoding."),
    "quotes": lambda: _("From line %(line)s on the quotation marks do not match. Mend the file there."),
    "fewer": lambda: _(
        "Fewer rows can be stored now than when they were checked: %(now)s, not %(ready)s. Look at them again."
    ),
    # what its columns are
    "no_column": lambda: _("There is no column “%(name)s”. The file has: %(columns)s."),
    "two_columns": lambda: _(
        "Several columns are called “%(name)s”. Name the one you mean by its position, like #%(at)s."
    ),
    "no_field": lambda: _("“%(name)s” is no field. Choose one of: %(fields)s."),
    "twice": lambda: _("Two columns are meant to be “%(name)s”. Choose one."),
    "missing": lambda: _("No column says “%(name)s”, which every record needs."),
    "no_number": lambda: _("A version is of use only beside the number. Say which column holds the number, too."),
    "constant": lambda: _("“%(name)s” cannot be set for all rows: %(said)s"),
    "no_format": lambda: _("“%(name)s” is no date format. Choose one of: %(formats)s."),
    "ambiguous": lambda: _(
        "The dates of “%(column)s” can be read in several ways: %(first)s is %(readings)s. Choose the date format."
    ),
    "unreadable": lambda: _(
        "No date format fits all values of “%(column)s”, for example “%(value)s” in line %(line)s. "
        "Choose the date format."
    ),
    "wrong_format": lambda: _(
        "%(count)s values of “%(column)s” are not in the format %(chosen)s, for example “%(value)s” in line %(line)s. "
        "All of them are in the format %(fits)s. Choose that one."
    ),
    "blank_choice": lambda: _(
        "%(count)s rows have no “%(column)s”. Choose what they get: the moment of the import, or a refusal."
    ),
}

ROW: Sentences = {
    "ragged": lambda: _("%(found)s cells, but the heading has %(wanted)s."),
    "needed": lambda: _("Empty, but every record needs it."),
    "date": lambda: _("“%(value)s” is not a date in the format %(format)s."),
    "duration": lambda: _("“%(value)s” is a duration, not a date."),
    "clock": lambda: _("“%(value)s” is a time of day without a day."),
    "cell_error": lambda: _("The cell holds the error %(value)s. Mend its formula, and save the file."),
    "digits": lambda: _("“%(value)s” is too long for a number of Excel, which has cut its digits. Save it as text."),
    "time": lambda: _("“%(value)s”: %(said)s"),
    "value": lambda: _("“%(value)s”: %(said)s"),
    "said": lambda: "%(said)s",
    "long": lambda: _("Longer than %(most)s characters."),
    "choice": lambda: _("“%(value)s” is not on the list. Say what it means here: one of %(choices)s."),
    "number": lambda: _("“%(value)s” is not a number."),
    "decimal": lambda: _(
        "“%(value)s” is not a number whose decimal mark is “%(mark)s”. Choose the other decimal mark."
    ),
    "yes_no": lambda: _("“%(value)s” is neither yes nor no."),
    "same_id": lambda: _("The same id stands in line %(first)s already."),
    "same_number": lambda: _("The same number stands in line %(first)s already."),
    "no_parent": lambda: _("No “%(value)s” is known by that number, id or name."),
    "two_parents": lambda: _("Several are called “%(value)s”. Give the number."),
    "parent_wrong": lambda: _("“%(value)s” in line %(line)s has errors itself."),
    "circle": lambda: _("“%(value)s” would hang on itself."),
    "no_owner": lambda: _("Nobody is called “%(value)s”. Say who that is here."),
    "near_owner": lambda: _("Nobody is called “%(value)s”. Did you mean %(near)s?"),
    "two_owners": lambda: _("Several people are called “%(value)s”. Give the e-mail address."),
    "bad_owner": lambda: _("%(value)s may not own records, or may no longer sign in."),
    # records that stand already
    "exists": lambda: _("%(number)s stands already."),
    "no_record": lambda: _("There is no record %(value)s."),
    "stale": lambda: _(
        "%(number)s was changed since this file was made: version %(seen)s there, %(current)s now. Export it again."
    ),
    "excepted": lambda: _("Lies in a closed period, which an exception lets you enter."),
    "own_page": lambda: _("“%(value)s” differs from what %(number)s has. Owner, importance and parent change there."),
    "duplicate": lambda: _("Looks like %(number)s “%(title)s”, which stands already: same %(what)s."),
    "duplicate_line": lambda: _("Looks like line %(first)s: same %(what)s."),
    # an old system's changes
    "no_moment": lambda: _("A change needs the time at which it was made."),
    "not_past": lambda: _("A change of an old system lies in the past."),
}
