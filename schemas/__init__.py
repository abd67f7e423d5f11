"""The language: what an event is, where it travels, and when it is refused. Pure; needs only pydantic and orjson."""
