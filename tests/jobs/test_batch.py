"""Jobs that wait for nobody: each is done once, and again where its worker died."""

from search.jobs.batch import DEATHS, Batch
from search.jobs.messages import Configuration, Failed, Predicted, Refit
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
