"""Models and lists on their way out and in: files that other programs read, and files that they wrote."""
