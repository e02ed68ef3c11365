"""An app of the tests: their `flush`, which empties append-only tables too. The site has none that does."""
