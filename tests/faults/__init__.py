"""What happens when processes are killed, the disk is full or the database goes away: `python -m tests.faults`."""
