"""Write a report in a child process, so that a server answers meanwhile."""

from dataclasses import asdict, dataclass
from typing import Any

from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.data.sandbox.limits import megabytes
from recsys_core.errors import InputError
from recsys_core.report.page import report
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.compute_process import TURNS
from recsys_core.runner.memory import memory_limit
from recsys_core.store.store import RunStore


@dataclass(frozen=True)
class ReportOrder:
    """What a report is asked for with: the arguments of `report`, the runs by their ids."""

    run_ids: tuple[int, ...]
    subset: str | None
    metric: str
    k: int
    margin: float
    grid: SpecificationGrid | None = None

    def write(self, store: RunStore) -> str:
        """Write the report. Raises InputError as `report`."""
        runs = [store.run(run_id) for run_id in self.run_ids]
        return report(store, runs, subset=self.subset, metric=self.metric, k=self.k, margin=self.margin, grid=self.grid)

    def as_json(self) -> dict[str, Any]:
        """Return the order as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ReportOrder":
        """Return the order that `as_json` described."""
        grid = values["grid"] and SpecificationGrid.from_json(values["grid"])
        return cls(**{**values, "run_ids": tuple(values["run_ids"]), "grid": grid})


class ReportProcess(ChildJob):
    """A report that is written in a child process with a limit on memory."""

    def __init__(self, store: RunStore, order: ReportOrder):
        super().__init__(store.url, "Waiting until something else has been computed")
        self._person = store.person()
        self._start(TURNS, lambda: self._write(order))

    def _write(self, order: ReportOrder) -> None:
        memory, self.stage = memory_limit(), "Writing"
        rule = f"What a report is made of must fit into {megabytes(memory)} of memory."
        advice = "report fewer runs, or end other programs on this machine."
        too_large, died = f"{rule} This needs more: {advice}", f"{rule} Its process ended (code {{code}}): {advice}"
        asked = {"report": order.as_json(), "memory": memory, "person": self._person}
        for reply in self._results("report.report_child", asked, too_large=too_large, died=died):
            self.result = {}, reply["page"]

    def page(self) -> str:
        """Wait for the page and return it. Raises what writing it raised."""
        while self.is_live:
            self.wait(1.0)
        if self.result is None:
            raise self.error or InputError("The report was not written: its process was ended.")
        page: str = self.result[1]
        return page
