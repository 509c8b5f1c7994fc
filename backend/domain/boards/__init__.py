"""Boards as pages show them.

`lanes` says which columns there are and which cards stand in each, `cards` reads the cards,
`figures` what stands above them, `dialogs` what a dialog over the board tells.
"""
