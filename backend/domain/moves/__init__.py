"""The one door through which a card changes its stage, and the ways back.

`door` moves, `births` creates, `follow` carries out what a move brings about, `back` undoes and
withdraws, `edits` writes fields without a move, `kinds` knows the four kinds.
"""
