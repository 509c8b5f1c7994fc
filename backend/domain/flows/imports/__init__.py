"""Importing folders of CSV files by a mapping that states every rule.

The way of a row: `sniffing` finds what its file is written in, `files` reads it, `rows` makes a
draft of it by the `mapping` (which `reading` has checked) and `cells`, `batches` puts it in one
transaction with others: by `records`, `deals` or `renewals`, where `syncing` says what to write
over a record that is here. `run` goes through the files, `report` tells what came of it.
"""
