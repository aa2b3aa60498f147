"""Let the pages have the processor first, and limit a worker's memory."""

import os


def lower_priority() -> None:
    """Let every other process have the processor first, and limit memory to the machine's own: nothing is swapped."""
    if hasattr(os, "nice"):
        os.nice(10)  # with 5, pages of 16 sessions took 1.3 to 2.5 times as long (95th percentile)
    try:
        import resource

        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        pass  # not every system has such limits; then the system's own handling of memory applies
