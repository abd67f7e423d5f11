"""The views: what inbox, mail and organisers read, as SQL tables that are projected from the log and the live scores.

Thrown away and rebuilt at will. Rows and the positions that they were made from change in one transaction.
"""
