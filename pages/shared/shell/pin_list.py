"""Which runs of one split are pinned: the rules, without the screen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

MAX_PINNED = 10


@dataclass(frozen=True)
class PinList:
    """The pinned runs of one split by number, the baseline first.

    `chosen` are those that a person has chosen or trained: nothing takes their place. While `is_default`, the best run
    of each algorithm is pinned as well. `without_room` are runs that were to be pinned when the list was full.
    """

    run_ids: tuple[int, ...] = ()
    chosen: frozenset[int] = frozenset()
    is_default: bool = True
    without_room: tuple[int, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether no run can be pinned any more."""
        return len(self.run_ids) >= MAX_PINNED

    def pin(self, run_id: int) -> "PinList":
        """Pin a run that a person has chosen; in a full list it takes the place of the last one that nobody chose."""
        kept = self.run_ids
        if run_id not in kept and self.is_full:
            spare = [each for each in kept[1:] if each not in self.chosen]
            if not spare:
                return replace(self, without_room=tuple(dict.fromkeys([*self.without_room, run_id])))
            kept = tuple(each for each in kept if each != spare[-1])
        waiting = tuple(each for each in self.without_room if each != run_id)
        run_ids = kept if run_id in kept else (*kept, run_id)
        return replace(self, run_ids=run_ids, chosen=self.chosen | {run_id}, without_room=waiting)

    def unpin(self, run_id: int) -> "PinList":
        """Remove a run; from now on no run is pinned by default."""
        run_ids = tuple(each for each in self.run_ids if each != run_id)
        return PinList(run_ids, self.chosen & frozenset(run_ids), is_default=False)

    def make_baseline(self, run_id: int) -> "PinList":
        """Swap a pinned run with the baseline, so that all others keep their colours."""
        if run_id not in self.run_ids:
            return self
        swap = {run_id: self.run_ids[0], self.run_ids[0]: run_id}
        run_ids = tuple(swap.get(each, each) for each in self.run_ids)
        return replace(self, run_ids=run_ids, chosen=self.chosen | {run_id})

    def keep(self, existing: Collection[int]) -> "PinList":
        """Remove runs that no longer exist, and forget which found no room once there is some."""
        run_ids = tuple(each for each in self.run_ids if each in existing)
        waiting = tuple(each for each in self.without_room if each in existing)
        kept = replace(self, run_ids=run_ids, chosen=self.chosen & frozenset(run_ids))
        return replace(kept, without_room=waiting if kept.is_full else ())

    def add_default(self, run_ids: Sequence[int]) -> "PinList":
        """Pin runs that nobody has chosen, as far as there is room.

        `run_ids` name those that are pinned, too: their order counts as long as nobody has chosen any.
        """
        added = [each for each in run_ids if each not in self.run_ids][: MAX_PINNED - len(self.run_ids)]
        together = (*self.run_ids, *added)
        return replace(self, run_ids=together if self.chosen else tuple(each for each in run_ids if each in together))
