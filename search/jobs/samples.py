"""Short trainings that show what a configuration is and costs."""

import time

from search.jobs.messages import Rates, RateTest, Result, Sample, Sampled
from search.jobs.models import Models
from search.study.trial import GrowingCurve
from search.training.rate_range import rate_range
from search.training.rate_suggestion import growing_rates


def rates(job: RateTest, models: Models) -> Result:
    """Train while the learning rate grows by epoch."""
    growing = growing_rates()
    training = models.begin_at_plain_rate(job.configuration)
    return Rates(growing, rate_range(training, growing)["loss"])


def sample(job: Sample, models: Models) -> Result:
    """Train some epochs of a configuration, and estimate a whole trial from them."""
    models.make_ready(job.configuration)  # once a worker, and so on no trial's account
    begun = time.monotonic()
    training = models.begin(job.configuration, models.plan(job.goal, job.epochs))
    weights = training.n_parameters  # before a fit of the model's own freezes some for a while
    curve = GrowingCurve.of(training.advance(1))
    first = time.monotonic()
    while training.epoch < job.epochs and time.monotonic() - begun < job.enough:
        curve.grow(training.advance(training.epoch + 1))
    seconds, trained = time.monotonic() - begun, training.epoch
    if trained < job.epochs:
        each = (time.monotonic() - first) / max(trained - 1, 1)
        seconds += (job.epochs - trained) * (each if trained > 1 else seconds)
    lines: list[str] = []
    models.build(job.configuration).summary(line_length=80, print_fn=lines.append)
    return Sampled("\n".join(lines), weights, trained, seconds, curve, training.engine)
