"""One session of a run: connect, search, judge, write the page, and end cleanly however it ends."""

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TextIO

from search.commands.columns import column_lines
from search.commands.describing import Material, machine_of, manifest_of, supplies_of
from search.commands.interrupts import INTERRUPTED, Interrupts
from search.commands.noise import noise_to
from search.commands.report import page_of
from search.commands.screen import Progress, Screen
from search.commands.watch import start_watching
from search.finals.finals import Finals
from search.report.page import write_page
from search.report.wording import verdict_lines
from search.store.folder import Folder
from search.store.manifest import Plan
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.errors import RunError
from search.study.reading import Space, override
from search.study.study import Study
from search.tuning.batch import Batch
from search.tuning.cluster import Cluster, connected
from search.tuning.dashboard import Gauges
from search.tuning.ledger import Ledger
from search.tuning.nodes import Nodes
from search.tuning.relay import Relay
from search.tuning.resources import Resources
from search.tuning.runner import Telling, TuneRunner
from search.tuning.warm_start import Taken

DONE, UNFINISHED = 0, 1


@dataclass(frozen=True)
class Order:
    """What a person asked for, read and checked.

    Attributes:
        space: As it was read.
        study: With what the command line overrides.
        resources: For each trial.
        address: Of a running Ray cluster; None for one of one's own.
        notes: What the person should know before it starts.
        taken: From another run, beside the study's budget.
        show: Whether its page is shown in a browser while it goes.
    """

    space: Space
    study: Study
    resources: Resources
    address: str | None
    notes: tuple[str, ...] = ()
    taken: Taken = field(default_factory=Taken)
    show: bool = False


def begin(order: Order, material: Material, folder: Folder) -> int:
    """Search in a folder to be made, which is taken away again where no run can be begun in it."""
    interrupts = Interrupts(at_once=folder.discard)
    try:
        with (
            interrupts.heeded(),
            noise_to(folder.make().log) as output,
            connected(order.address, _told_to_ray(folder.name, order.space)) as cluster,
        ):
            nodes = cluster.watched(order.resources, Screen.plainly(output))
            machine = machine_of(cluster, nodes)
            manifest = manifest_of(folder.name, order.space, order.study, material, machine)
            manifest = order.taken.noted(manifest)
            order = replace(order, study=override(order.study, trials=manifest.plan.trials))
            files = order.space.source.files
            interrupts.heed()
            recorder = Recorder.begin(folder, manifest, files, order.taken.trials)
            with closing(recorder):
                return Session(order, material, recorder, output, interrupts).run(cluster, nodes)
    finally:
        folder.discard()


def go_on(
    order: Order, material: Material, recorder: Recorder, plan: Plan, *, data_changed: bool
) -> int:
    """Search on in a folder that is held already, by a plan that may be longer than it was."""
    interrupts = Interrupts()
    with (
        interrupts.heeded(),
        noise_to(recorder.folder.log) as output,
        connected(order.address, _told_to_ray(recorder.path.name, order.space)) as cluster,
    ):
        nodes = cluster.watched(order.resources, Screen.plainly(output))
        interrupts.heed()
        recorder.revise(plan, data_changed=data_changed)  # not where no cluster was found
        return Session(order, material, recorder, output, interrupts).run(cluster, nodes)


def _told_to_ray(run: str, space: Space) -> dict[str, str]:
    """Beside the job, in the Ray dashboard."""
    return {"run": run, "space": f"{space.source.name}: {space.title}"}


class Session:
    """Drives one run from where it stands to its page.

    Args:
        order: What was asked for.
        material: The rows.
        recorder: The run folder, held.
        output: The real standard output.
        interrupts: As they are heeded.
    """

    def __init__(
        self,
        order: Order,
        material: Material,
        recorder: Recorder,
        output: TextIO,
        interrupts: Interrupts,
    ) -> None:
        self._order = order
        self._interrupts = interrupts
        self._material = material
        self._recorder = recorder
        plan = recorder.manifest.plan
        self._progress = Progress.at(plan.trials, plan.goal, recorder.trials())
        self._screen = Screen(output, self._progress)
        self._clock = time.monotonic()

    def run(self, cluster: Cluster, nodes: Nodes) -> int:
        """Search, judge and write the page.

        Returns:
            The exit code: done, unfinished or interrupted.
        """
        try:
            return self._searched_and_judged(cluster, nodes)
        except KeyboardInterrupt:
            return self._broken_off()

    def _searched_and_judged(self, cluster: Cluster, nodes: Nodes) -> int:
        workers = nodes.workers(0)
        self._introduce(cluster, workers)
        name = self._recorder.path.name
        order, engine = self._order, self._recorder.manifest.plan.engine
        supplies = supplies_of(order.space.source, self._material, engine, order.resources)
        ledger = Ledger(self._order.study, self._recorder, workers, self._trial_changed)
        self._gauges = self._gauges_of(ledger)
        nodes.tell(self._screen.say)
        telling = Telling(self._screen.say, self._gauges.look)
        runner = TuneRunner(supplies, nodes, name, cluster.scratch, telling)
        finals = Finals(
            self._order.study, self._material.parts, self._recorder, self._finals_changed
        )
        self._keep_points()
        if self._order.show:
            start_watching(self._recorder.path)
        retraining = partial(self._retraining, ledger, finals)
        relay = Relay(lambda: ledger, retraining, finals.refitting, finals.judging)

        def stop() -> None:
            self._progress.message = "stopping: what is finished is kept; once more to leave now"
            relay.stop()

        with self._interrupts.stopping(stop), self._screen.showing():
            runner.run(relay)
        relay.check()
        self._spent("search" if self._progress.finals is None else "finals")
        return self._interrupted() if relay.stopped() else self._concluded(finals)

    def _retraining(self, ledger: Ledger, finals: Finals) -> Batch:
        self._spent("search")
        self._recorder.searched(ledger.why_ended)
        return finals.retraining()

    def _concluded(self, finals: Finals) -> int:
        if self._recorder.manifest.cut_short:
            ended, budget = self._progress.ended, self._progress.budget
            why = self._recorder.manifest.cut_short
            self._screen.say(f"the search ended after {ended} of {budget} trials: {why}")
        try:
            answer = finals.conclude()
        except RunError as error:
            self._recorder.ended("failed")
            self._screen.say(f"search: {error}")
            self._write_page()
            return UNFINISHED
        self._recorder.ended("finished")
        for line in verdict_lines(self._recorder.manifest, answer):
            self._screen.say(line)
        self._interrupts.heed()
        self._write_page()
        return DONE

    def _interrupted(self) -> int:
        self._recorder.ended("interrupted")
        kept = self._progress.ended
        self._screen.say(
            f"interrupted: {kept} of {self._progress.budget} trials are finished and kept; "
            f"go on with `search resume {self._recorder.path}`"
        )
        self._write_page()
        return INTERRUPTED

    def _broken_off(self) -> int:
        """Interrupted before anything was under way, or when nothing was any more."""
        path = self._recorder.path
        if self._recorder.manifest.ended == "finished":
            self._screen.say(f"interrupted: make the page again by `search report {path}`")
        else:
            self._recorder.ended("interrupted")
            self._screen.say(f"interrupted: go on with `search resume {path}`")
        return INTERRUPTED

    def _write_page(self) -> None:
        page = page_of(self._recorder.path.name)
        write_page(load_run(self._recorder.path), page)
        self._screen.say(f"page  {page}")

    def _introduce(self, cluster: Cluster, workers: int) -> None:
        self._recorder.watched_at(cluster.dashboard)
        for note in self._order.notes:
            self._screen.say(note)
        for line in column_lines(self._recorder.manifest.data):
            self._screen.say(line)
        if self._order.taken.warm_start:
            self._screen.say(str(self._order.taken.warm_start))
        if not self._screen.terminal:
            return
        manifest = self._recorder.manifest
        plan, data = manifest.plan, manifest.data
        self._screen.say(
            f"{manifest.title.rstrip('.')} · {plan.trials} trials × {plan.epochs} epochs · "
            f"{data.description}, {data.task} · {workers} workers, {plan.together} trials together"
        )
        dashboard = f" · Ray dashboard {cluster.dashboard}" if cluster.dashboard else ""
        self._screen.say(f"run {self._recorder.path}{dashboard} · log {self._recorder.folder.log}")
        self._screen.say(f"engine {plan.engine}: {plan.why_engine}")
        if self._order.space.touched:
            self._screen.say(
                f"{manifest.space_file} uses Keras while it is read, which loads TensorFlow into "
                "the driver; move that into build to start seconds sooner"
            )

    def _gauges_of(self, ledger: Ledger) -> Gauges:
        manifest = self._recorder.manifest
        space = _told_to_ray(manifest.name, self._order.space)["space"]
        gauges = Gauges(manifest.name, space, manifest.plan.goal, lambda: ledger.asking)
        for trial in self._recorder.trials():
            if trial.state.finished:
                gauges.note(trial)
        return gauges

    def _trial_changed(self, number: int, epoch: int) -> None:
        trial = self._recorder.trial(number)
        self._gauges.note(trial)
        self._screen.trial_changed(trial, epoch)

    def _finals_changed(self, batch: Batch) -> None:
        self._screen.finals_changed(batch.done, len(batch.jobs))

    def _keep_points(self) -> None:
        """What the page draws of the rows that train and validate; held-out is left closed."""
        from search.finals.drawn import points_kept

        if points := points_kept(self._material.parts, self._material.dataset.task):
            self._recorder.save_arrays("points", points)

    def _spent(self, phase: str) -> None:
        now = time.monotonic()
        self._recorder.spent(phase, now - self._clock)
        self._clock = now
