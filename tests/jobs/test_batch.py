"""Jobs that wait for nobody: each is done once, and again where its worker died."""

from dataclasses import replace

import numpy as np

from search.jobs.batch import DEATHS, Batch
from search.jobs.messages import (
    Configuration,
    Failed,
    Job,
    JointRefit,
    JointRefitted,
    Predicted,
    Refit,
    Refitted,
    Result,
)
from search.study.goal import Goal


def refit(seed: int) -> Refit:
    return Refit("a trial", Configuration({}, seed), 3, Goal("val_loss", "minimize"))


def test_jobs_are_handed_out_in_order_and_once() -> None:
    batch = Batch([refit(1), refit(2)])
    assert [batch.next(), batch.next(), batch.next()] == [*batch.jobs, None]
    assert not batch.over()


def test_a_job_whose_worker_died_is_done_once_more() -> None:
    batch = Batch([refit(1), refit(2)])
    first = batch.next()
    assert first is not None
    batch.lost(first, "its worker died")
    assert batch.next() is first
    done = Predicted({})
    batch.ended(first, done, "1@here")
    assert batch.results == [done, None]


def test_a_job_whose_node_was_lost_is_done_again_however_often() -> None:
    batch = Batch([refit(1)])
    for _ in range(2 * DEATHS):
        job = batch.next()
        assert job is batch.jobs[0]
        batch.returned(job)
    assert batch.results == [None]
    assert not batch.over()


def test_at_one_death_too_many_it_has_failed() -> None:
    batch = Batch([refit(1)])
    for _ in range(DEATHS):
        assert batch.results == [None]
        job = batch.next()
        assert job is not None
        batch.lost(job, "its worker died")
    assert batch.results == [Failed("its worker died")]
    assert batch.next() is None
    assert batch.over()


def fit(count: int) -> Refitted:
    return Refitted({}, (), count, np.zeros((1, 1)))


def seeds_of(job: Job | None) -> list[int]:
    assert isinstance(job, JointRefit | Refit)
    return [
        each.configuration.seed for each in (job.jobs if isinstance(job, JointRefit) else [job])
    ]


def test_seeds_of_a_configuration_are_handed_out_together() -> None:
    changes = (
        {"name": "another trial"},
        {"configuration": Configuration({"units": 3}, 5)},
        {"configuration": Configuration({}, 5, baseline=0)},
        {"epochs": 4},
        {"until": 2},
    )
    others = [replace(refit(5), **change) for change in changes]
    batch = Batch([refit(1), *others, refit(2), refit(3)], workers=1)
    assert seeds_of(batch.next()) == [1, 2, 3]
    assert [batch.next() for _ in others] == others
    assert batch.next() is None


def test_without_workers_that_share_them_each_is_handed_out_by_itself() -> None:
    batch = Batch([refit(1), refit(2)])
    assert [batch.next(), batch.next()] == list(batch.jobs)


def test_each_fit_of_several_has_its_own_result() -> None:
    told: list[tuple[Job, Result]] = []
    done: list[int] = []
    batch = Batch(
        [refit(1), refit(2), refit(3)],
        on_change=lambda batch: done.append(batch.done),
        on_result=lambda job, result, _: told.append((job, result)),
        workers=1,
    )
    job = batch.next()
    assert job is not None
    results = fit(1), Failed("loss became NaN in epoch 1"), fit(3)
    batch.ended(job, JointRefitted(results), "1@here")
    assert batch.results == list(results)
    assert told == list(zip(batch.jobs, results, strict=True))
    assert done == [1, 2, 3]
    assert batch.over()


def test_a_result_of_the_work_before_is_none_of_this_one() -> None:
    before = Batch([refit(1), refit(2)], workers=1).next()
    assert before is not None
    batch = Batch([refit(1), refit(2)], workers=1)
    batch.ended(before, JointRefitted((fit(1), fit(2))), "1@here")
    batch.lost(before, "its worker died")
    assert batch.results == [None, None]
    assert seeds_of(batch.next()) == [1, 2]


def test_those_that_are_known_are_not_trained_with_the_others() -> None:
    batch = Batch([refit(1), refit(2), refit(3)], known=[None, fit(2), None], workers=1)
    assert seeds_of(batch.next()) == [1, 3]


def test_no_worker_is_left_without_a_fit() -> None:
    batch = Batch([refit(seed) for seed in range(5)], workers=3)
    assert [seeds_of(batch.next()) for _ in range(3)] == [[0, 1], [2, 3], [4]]
    assert batch.next() is None
    batch = Batch([refit(1), replace(refit(2), epochs=9), refit(3)], workers=3)
    assert [seeds_of(batch.next()) for _ in range(3)] == [[1], [2], [3]]


def test_what_was_lost_together_is_done_one_by_one() -> None:
    batch = Batch([refit(1), refit(2)], workers=1)
    job = batch.next()
    assert job is not None
    batch.lost(job, "its worker died")
    for one in batch.jobs:
        assert batch.next() is one
        batch.ended(one, fit(1), "1@here")
    assert batch.over()


def test_what_was_given_back_is_handed_out_together_again() -> None:
    batch = Batch([refit(1), refit(2), replace(refit(3), epochs=9)], workers=1)
    job = batch.next()
    assert job is not None
    batch.returned(job)
    assert seeds_of(batch.next()) == [1, 2]
    assert batch.next() is batch.jobs[2]
