"""Faults injected into the processes of a distributed Weft, while events flow that somebody keeps a ledger of."""
