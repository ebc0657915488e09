"""One file per screen: what it asks the store, and which acts it offers. Its words are in `texts.toml`."""
