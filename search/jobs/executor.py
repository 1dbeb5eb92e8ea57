"""What a worker does with a job, on whatever machine and in whatever process it sits."""

import sys
from collections.abc import Generator

from search.jobs.context import WorkerContext
from search.jobs.failures import Tracebacks, failure_of, reason_of
from search.jobs.first_step import first_step
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    Failed,
    FirstStep,
    Job,
    JointRefit,
    JointRefitted,
    Prediction,
    RateTest,
    Refit,
    Result,
    Sample,
    SnapshotJob,
    WarmUp,
    WorkerMessage,
)
from search.jobs.models import Models
from search.jobs.predictions import predict
from search.jobs.refits import refit, refit_together, snapshots
from search.jobs.samples import rates, sample
from search.jobs.trial_limits import LimitWatch
from search.jobs.trials import TrialInTraining, Trials
from search.study.study import Study
from search.training.device import limit_threads
from search.training.engine import BATCH, ApartError


class JobExecutor:
    """Performs jobs, one at a time.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.
    """

    def __init__(self, context: WorkerContext, study: Study | None = None) -> None:
        limit_threads(context.cpus)
        self._tracebacks = Tracebacks()
        self._models = Models(context, study)
        self._trials = Trials(self._models, self._tracebacks)

    def perform(self, job: Job) -> Generator[WorkerMessage, None, None]:
        """The messages about a job: rungs as they come, and at the end its result."""
        try:
            self._take(job)
            if isinstance(job, Assignment):
                yield from self._trials.perform(job)
            elif isinstance(job, JointRefit):
                yield self._together(job)
            else:
                assert not isinstance(job, WarmUp)  # noqa: S101 - it needs no executor
                yield self._once(job)
        except Exception as error:
            yield self._failed(error, job)
        finally:
            self._trials.underway = None
            self._models.forget()

    def _together(self, joint: JointRefit) -> JointRefitted:
        """Fits in one program; one after the other where it cannot take them, or fails."""
        try:
            return refit_together(joint, self._models)
        except ApartError as error:
            reason = str(error)
        except Exception as error:
            reason = reason_of(error, self._models.context.source)
        sys.stderr.write(f"{joint}: one after the other, since {reason}\n")
        # Without the error, which holds what the program has on the device.
        return JointRefitted(tuple(self._alone(job) for job in joint.jobs))

    def _alone(self, job: Refit) -> Result:
        self._models.forget()
        *_, result = self.perform(job)
        assert not isinstance(result, tuple | Checkpoint)  # noqa: S101 - a fit has no rungs
        return result

    def overrun(self) -> AssignmentResult | None:
        """How the assignment ends where its trial in training has to be ended where it is.

        Called by another thread while `perform` trains. What it leaves out was not trained yet.
        """
        return self._trials.overrun()

    def _failed(self, error: Exception, job: Job) -> Failed:
        models = self._models
        source = models.context.source
        if not isinstance(job, FirstStep):
            self._tracebacks.tell(error, reason_of(error, source))
            return Failed(reason_of(error, source))
        by_loop = type(error).__name__ == "LoopError"
        maker = models.study.fit if by_loop else models.maker(job.configuration)
        maker = maker or models.study.callbacks
        return failure_of(error, source, maker, models.rows.shape)

    def _take(self, job: Job) -> None:
        """The search's own rows, or others where a job wants some."""
        fold, few = None, None
        if isinstance(job, FirstStep):
            few = job.configuration.params.get("batch_size", BATCH)
        elif isinstance(job, Refit | JointRefit | SnapshotJob | Prediction):
            fold = job.fold
        self._models.take(fold, few=few, fresh=isinstance(job, Refit | JointRefit | SnapshotJob))

    def _once(
        self, job: Refit | SnapshotJob | RateTest | Prediction | Sample | FirstStep
    ) -> Result:
        match job:
            case FirstStep():
                self._models.load_keras()  # which its time does not count
                self._trials.underway = TrialInTraining(-1, LimitWatch(job.limits))
                return first_step(job, self._models)
            case Refit():
                return refit(job, self._models)
            case SnapshotJob():
                return snapshots(job, self._models)
            case RateTest():
                return rates(job, self._models)
            case Prediction():
                return predict(job, self._models)
            case Sample():
                return sample(job, self._models)
