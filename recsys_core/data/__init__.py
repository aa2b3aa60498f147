"""Data: interactions, reading files, generating, splitting."""
