"""Where Weft runs: the image, the composition, the topics' place, and a broker for tests."""
