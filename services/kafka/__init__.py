"""Weft beside a broker: its topics, the clients that speak to it, and the processes that follow its streams."""
