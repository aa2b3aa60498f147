"""Blocks spread over the cores: all are done, in order, once; what fails is told, and nothing waits for itself."""

import threading
import time

import pytest

from recsys_core.threads import Scratch, for_each_block


@pytest.mark.parametrize("parallel", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_every_block_is_done_once_and_answers_come_in_order(count, parallel):
    done = []
    assert for_each_block(lambda n: done.append(n) or n * n, range(count), parallel=parallel) == [
        n * n for n in range(count)
    ]
    assert sorted(done) == list(range(count))


@pytest.mark.parametrize("bad", [0, 1, 50])
def test_a_block_that_fails_is_told_and_ends_the_rest(bad):
    done = []

    def work(n):
        if n == bad:
            raise ValueError(f"block {n}")
        time.sleep(0.001)
        done.append(n)

    with pytest.raises(ValueError, match=f"block {bad}"):
        for_each_block(work, range(100))
    assert len(done) < bad + 25
    assert for_each_block(lambda n: n, range(3)) == [0, 1, 2]


def test_blocks_within_blocks_do_not_wait_for_each_other():
    found = []
    worker = threading.Thread(
        target=lambda: found.append(for_each_block(lambda n: sum(for_each_block(lambda m: n * m, range(8))), range(8))),
        daemon=True,
    )
    worker.start()
    worker.join(30)
    assert found == [[n * 28 for n in range(8)]]


def test_a_threads_own_array_is_kept_and_no_other_thread_sees_it():
    scratch = Scratch()
    first = scratch.array("y", (4, 5))
    assert scratch.array("y", (2, 3)).base is first.base and scratch.array("z", (2, 3)).base is not first.base
    elsewhere = []
    worker = threading.Thread(target=lambda: elsewhere.append(scratch.array("y", (4, 5))))
    worker.start()
    worker.join()
    assert elsewhere[0].base is not first.base
    assert scratch.array("y", (10, 10)).shape == (10, 10)
