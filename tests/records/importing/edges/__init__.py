"""The cases of tests/data/edge-cases/cases.csv, a function each."""
