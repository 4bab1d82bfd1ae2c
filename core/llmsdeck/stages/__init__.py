"""What happens in each phase of an attempt; `llmsdeck.pipeline` puts them in order."""
