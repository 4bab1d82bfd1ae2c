"""The server for agents: parse, call the deck, answer, by the Model Context Protocol."""
