"""Binary files, parsed where they can do no harm: in a child process with a cap on memory and on time.

A crash, a bomb or an endless loop in a parser ends the child and becomes a sentence; the server keeps what it
has. Imports of this package are few, so that the child starts quickly.
"""
