"""The data of bench/conversations, with the truth about it."""
