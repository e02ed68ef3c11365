"""Demo data: made up, believable, bilingual, and the same for the same moment. Written through the services."""
