"""Stand-ins for services that tests cannot meet."""
