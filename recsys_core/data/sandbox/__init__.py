"""Parse binary files where they can do no harm: in a child process with limits on memory and time.

A crash, a bomb or an endless loop in a parser ends the child and becomes an InputError; the server goes on. This
package imports little, so that the child starts quickly.
"""

from typing import Any

Head = dict[str, Any]
"""What a reader found out about a file, as JSON; the bytes of its columns follow it."""
