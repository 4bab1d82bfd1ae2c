"""What a deck does besides looking, by what it is done to."""
