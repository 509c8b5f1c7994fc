"""The one way in which a card changes its stage, is made, edited or taken back.

`moving` asks the rules of the card's kind (`kinds`) and `executing` writes what they allow, with
what follows from it (`following_up`); `undoing` takes it back. `creating` and `editing` write cards
without a move, `batch` several at once. The rest is about one matter each, as it is called.
"""
