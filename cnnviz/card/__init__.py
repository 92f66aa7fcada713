"""The layer card: everything there is to say of one operation, as records, LaTeX and pictures."""

from cnnviz.card.card import Card, Neighbour, Quantity, card_of

__all__ = ["Card", "Neighbour", "Quantity", "card_of"]
