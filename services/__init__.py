"""The world: processes that gather, call the judgement, and apply. All input and output is here."""
