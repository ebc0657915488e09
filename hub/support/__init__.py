"""What support staff do, used by CLI and console alike."""
