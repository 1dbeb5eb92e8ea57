"""One session of a run: connect, search, judge, write the page, and end cleanly however it ends."""

import gc
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from search.app.death import Death
from search.app.interrupts import INTERRUPTED, UNFINISHED, Interrupts
from search.app.log_redirect import Real, noise_to
from search.app.manifest_builder import machine_of, manifest_of
from search.app.paths import page_of
from search.app.resolved import Resolved, ResolvedStudy
from search.cluster.connection import Ahead, Cluster, connected
from search.cluster.environment import DASHBOARD
from search.cluster.nodes import Nodes
from search.cluster.resources import Resources
from search.cluster.worker_pool import Standing
from search.display.columns import column_lines
from search.display.lines import finals_line, header, plain_lines, where_the_winner_is
from search.display.progress import ProgressDisplay
from search.finals.finals import FinalsPhase
from search.jobs.batch import Batch
from search.jobs.context import WorkerContext
from search.jobs.keras_process import KerasProcess, has_room, keras_beside
from search.jobs.messages import Failed
from search.jobs.phases import Phases
from search.loading.space_file import Space, override
from search.store.folder import Folder
from search.store.manifest import Plan
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.errors import InputError, RunError, SearchError, first_line, plain
from search.study.function_study import FunctionStudy
from search.study.plain_text import LONGEST, one_line
from search.study.trial import Curve, EngineChoice, State
from search.training.choice import needs_keras
from search.tuning.dashboard import Gauges
from search.tuning.first_steps import FirstSteps
from search.tuning.function_loop import loop_of
from search.tuning.listeners import Display, Listener, Listeners
from search.tuning.runner import Telling, TuneRunner
from search.tuning.search_loop import SearchLoop
from search.tuning.warm_start import Taken

if TYPE_CHECKING:
    from search.report.search_section import Searched

DONE = 0


@dataclass(frozen=True)
class Watching:
    """Who is told how a run goes.

    Attributes:
        display: Makes what shows it on the process's real standard output.
        listeners: Told, too.
        notes: Said before it starts.
    """

    display: Callable[[TextIO, ProgressDisplay], Display]
    listeners: tuple[Listener, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What was asked for, read and checked.

    Attributes:
        resolved: The study with its rows.
        resources: For each trial.
        address: Of a running Ray cluster; None for one of its own.
        watching: Who is told how it goes.
        taken: From another run, beside the study's budget.
        finish: Whether no trial is begun, and what is there is judged.
        command: By which a new run was asked for.
        unauthenticated: Whether the cluster at `address` may be one that lets anybody in.
    """

    resolved: Resolved
    resources: Resources
    address: str | None
    watching: Watching
    taken: Taken = field(default_factory=Taken)
    finish: bool = False
    command: str = ""
    unauthenticated: bool = False


class RefusedError(InputError):
    """No configuration can be trained: nothing was searched, and a resume would not help."""


def begin(order: Order, folder: Folder) -> int:
    """Search in a folder to be made, which is taken away again where no run can be begun in it."""
    interrupts = Interrupts(at_once=folder.discard)
    try:
        with (
            interrupts.heeded(),
            noise_to(folder.make().log) as real,
            _beside(order) as keras,
            _on_cluster(order, folder.name, death := Death(interrupts, real)) as cluster,
        ):
            nodes = cluster.watched(order.resources, plain_lines(real.output))
            machine = machine_of(cluster, nodes)
            resolved = order.resolved
            manifest = order.taken.noted(manifest_of(folder.name, resolved, machine, order.command))
            study = override(resolved.study, trials=manifest.plan.trials)
            order = replace(order, resolved=replace(resolved, study=study))  # type: ignore[type-var]
            files = resolved.space.source.files
            interrupts.heed()
            recorder = Recorder.begin(folder, manifest, files, order.taken.trials)
            try:
                with closing(recorder):
                    return session_of(order)(order, recorder, real, death, keras).run(
                        cluster, nodes
                    )
            except RefusedError:
                folder.take_back()
                raise
    finally:
        folder.discard()


def go_on(order: Order, recorder: Recorder, plan: Plan, *, data_changed: bool) -> int:
    """Search on in a folder that is held already, by a plan that may be longer than it was."""
    interrupts = Interrupts()
    with (
        interrupts.heeded(),
        noise_to(recorder.folder.log) as real,
        _beside(order) as keras,
        _on_cluster(order, recorder.path.name, death := Death(interrupts, real)) as cluster,
    ):
        nodes = cluster.watched(order.resources, plain_lines(real.output))
        interrupts.heed()
        recorder.revise(plan, data_changed=data_changed)  # not where no cluster was found
        return session_of(order)(order, recorder, real, death, keras).run(cluster, nodes)


def _beside(order: Order) -> AbstractContextManager[KerasProcess | None]:
    """What loads Keras meanwhile for a search on this machine whose trials need none."""
    resources = order.resources
    here = order.address is None and Ahead.begun is None  # whose workers have loaded it
    without = here and not needs_keras(order.resolved.engine(resources.gpus).name)
    return keras_beside(resources.cpus) if without and has_room() else nullcontext()


@contextmanager
def _on_cluster(order: Order, run: str, death: Death) -> Iterator[Cluster]:
    told = _told_to_ray(run, order.resolved.space)
    study = order.resolved.study
    with connected(
        order.address,
        told,
        death.if_it_dies,
        unauthenticated=order.unauthenticated,
        # Where it is measured what a process takes, it has loaded nothing that trials do not need.
        usual=order.resources == Resources() and study.budget.trial_memory is None,
    ) as cluster:
        death.connected(cluster.last_words)
        yield cluster


def _told_to_ray(run: str, space: Space) -> dict[str, str]:
    """Beside the job, in the Ray dashboard."""
    return {"run": run, "space": one_line(f"{space.source.name}: {space.title}", LONGEST)}


def session_of(order: Order) -> type["Session"]:
    """How such an order is carried out."""
    from search.app.function_session import FunctionSession

    return FunctionSession if isinstance(order.resolved.study, FunctionStudy) else Session


class Session:
    """Drives one run from where it stands to its page.

    Args:
        order: What was asked for.
        recorder: The run folder, held.
        real: The standard streams as they were.
        death: Called where Ray dies.
        keras: Loads Keras meanwhile; None where workers do.
    """

    def __init__(
        self,
        order: Order,
        recorder: Recorder,
        real: Real,
        death: Death,
        keras: KerasProcess | None = None,
    ) -> None:
        self._order = order
        self._resolved = order.resolved
        self._death = death
        self._keras = keras
        self._interrupts = death.interrupts
        self._recorder = recorder
        plan = recorder.manifest.plan
        self._progress = ProgressDisplay.at(plan.trials, plan.goal, recorder.trials())
        self._display = order.watching.display(real.output, self._progress)
        self._unheard = plain_lines(real.errors)
        self._listeners = Listeners(self._display, unheard=self._unheard)
        self._clock = time.monotonic()
        self._engines: set[EngineChoice] = set()
        self._drawn: Callable[[], Searched] | None = None

    def run(self, cluster: Cluster, nodes: Nodes) -> int:
        """Search, judge and write the page.

        Returns:
            The exit code: done, unfinished or interrupted.
        """
        self._recorder.folder.report.unlink(missing_ok=True)  # of a session before
        try:
            return self._searched_and_judged(cluster, nodes)
        except KeyboardInterrupt:
            return self._broken_off()
        except RunError:
            if self._death.came:  # and that was said
                return self._ended_early()
            raise
        finally:
            if self._drawn:  # no other thread is at work when Ray is left
                with suppress(Exception):
                    self._drawn()

    def _searched_and_judged(self, cluster: Cluster, nodes: Nodes) -> int:
        workers = nodes.workers(0)
        self._introduce(cluster, workers)
        name = self._recorder.path.name
        order, engine = self._order, self._recorder.manifest.plan.engine
        context = self._resolved.context(engine, order.resources, name)
        if self._keras is not None and isinstance(context, WorkerContext):
            self._keras.context = context
        search_loop = self._search_loop(workers)
        if order.finish:
            search_loop.finish()
        self._listeners.join(*self._watchers(search_loop))
        nodes.tell(self._say)
        self._death.during(self._say, self._recorder.path)
        telling = Telling(self._say, partial(self._workers_changed, search_loop))
        runner = TuneRunner(context, nodes, name, cluster.scratch, telling)
        manifest = self._recorder.manifest
        self._listeners.tell(lambda each: each.run_started(self._recorder.path, manifest))
        phases = self._phases(search_loop, workers)

        def stop() -> None:
            self._progress.message = (
                "stopping: finished trials are saved; press Ctrl-C again to leave now"
            )
            phases.stop()

        with self._interrupts.stopping(stop), self._display.showing():
            runner.run(phases)
        phases.check()
        if mistakes := self._mistakes(search_loop):
            self._refuse(mistakes)
        self._spent("search" if self._progress.finals is None else "finals")
        if self._death.came:
            return self._ended_early()
        self._death.late()
        return self._interrupted() if phases.stopped() else self._concluded()

    def _search_loop(self, workers: int) -> SearchLoop:
        return loop_of(self._resolved.study, self._recorder, workers, self._trial_changed)

    def _phases(self, search_loop: SearchLoop, workers: int) -> Phases:
        """First steps, the search and its finals."""
        rows = self._resolved
        assert isinstance(rows, ResolvedStudy)  # noqa: S101 - for mypy
        self._keep_points(rows)
        self._steps = steps = self._first_steps(workers)
        finals = FinalsPhase(
            rows.study, rows.parts, self._recorder, self._finals_changed, self._keras
        )
        self._finals = finals
        retraining = partial(self._retraining, search_loop, finals)
        judging = partial(self._judging, finals)
        return Phases(lambda: steps, lambda: search_loop, retraining, finals.refitting, judging)

    def _mistakes(self, search_loop: SearchLoop) -> list[Failed]:
        """For which nothing can be searched."""
        del search_loop
        return self._steps.mistakes

    def _first_steps(self, workers: int) -> FirstSteps:
        """What is to be tried before the first trial; nothing where a trial has shown it."""
        study, engine = self._resolved.study, self._recorder.manifest.plan.engine
        known = any(
            trial.state is not State.FAIL and trial.state.finished
            for trial in self._recorder.trials()
        )
        # NumPy's trials are done before Keras would be there for a baseline.
        return FirstSteps(None if known else study, workers, baselines=needs_keras(engine))

    def _refuse(self, mistakes: list[Failed]) -> None:
        """End where nothing can be trained, with the traceback in the log.

        Raises:
            RefusedError: Always.
        """
        for failed in mistakes:
            sys.stderr.write(failed.traceback)
        sys.stderr.flush()
        first, path = mistakes[0], self._recorder.path
        raise RefusedError(first.where, first.reason, f"see the traceback by `search logs {path}`")

    def _retraining(self, search_loop: SearchLoop, finals: FinalsPhase) -> Batch:
        self._spent("search")
        self._recorder.searched(search_loop.why_ended)
        batch = finals.retraining()
        if batch.jobs:
            self._say(finals_line(self._resolved.study, len(batch.jobs)))
        return batch

    def _judging(self, finals: FinalsPhase) -> Batch:
        """The last round; while it is performed, the page of the search is drawn.

        Not before: this thread would give fits out more slowly.
        """
        batch = finals.judging()
        if batch.jobs:
            run = StoredRun(self._recorder.path, is_over=True)
            self._drawn = ThreadPoolExecutor(1, "page").submit(_searched, run).result
        return batch

    def _tell_if_cut_short(self) -> None:
        if self._recorder.manifest.cut_short:
            ended, budget = self._progress.ended, self._progress.budget
            why = self._recorder.manifest.cut_short
            self._say(f"the search ended after {ended} of {budget} trials: {why}")

    def _concluded(self) -> int:
        self._tell_if_cut_short()
        try:
            answer = self._finals.conclude()
        except RunError as error:
            self._recorder.ended("failed")
            self._say(f"search: {error}")
            self._write_page()
            return UNFINISHED
        self._recorder.ended("finished")
        manifest = self._recorder.manifest
        self._recorder.folder.forget_to_finish()
        self._listeners.tell(lambda each: each.judged(manifest, answer))
        for line in where_the_winner_is(load_run(self._recorder.path), answer):
            self._say(line)
        self._interrupts.heed()
        return DONE if self._write_page() else UNFINISHED

    def _ended_early(self) -> int:
        """Since Ray has died, as was said already."""
        self._note_interruption()
        self._write_page()
        return UNFINISHED

    def _interrupted(self) -> int:
        self._note_interruption()
        kept = self._progress.ended
        self._say(
            f"interrupted: {kept} of {self._progress.budget} trials are finished and saved; "
            f"continue with `search resume {self._recorder.path}`" + self._or_finish()
        )
        self._write_page()
        return INTERRUPTED

    def _note_interruption(self) -> None:
        """Note it, and collect nothing in what is left of this process.

        What Tune leaves behind asks Ray's GCS for something as it is collected, and that may be
        dead: the main thread would wait for it.
        """
        gc.disable()
        self._recorder.ended("interrupted")

    def _or_finish(self) -> str:
        searching = self._progress.finals is None and self._progress.best is not None
        if not searching:
            return ""
        return f", or evaluate the finished trials by `search finish {self._recorder.path}`"

    def _broken_off(self) -> int:
        """Interrupted before anything was under way, or when nothing was any more."""
        path = self._recorder.path
        if self._recorder.manifest.ended == "finished":
            self._say(f"interrupted: make the page again by `search report {path}`")
        else:
            self._recorder.ended("interrupted")
            self._say(f"interrupted: continue with `search resume {path}`")
        return INTERRUPTED

    def _write_page(self) -> bool:
        """Make the page; returns whether it is there. What it cannot draw takes nothing away."""
        path, folder = self._recorder.path, self._recorder.folder
        page, what, then = page_of(path.name), "page", f"`search report {path}` tries again"
        try:
            from search.report.page import write_page
            from search.report.report_data import as_json, report_data

            drawn = self._drawn
            if drawn:
                drawn()  # before this thread draws: matplotlib's settings are the process's
            run = StoredRun(path, is_over=True)
            made = write_page(run, page, aside=(lambda _: drawn) if drawn else None)
            what, then = folder.report.name, f"`search report {path} --json` prints it"
            folder.save(folder.report, as_json(report_data(made)).encode())
        except Exception as error:
            traceback.print_exc()  # into the run's log
            why = first_line(error) if isinstance(error, SearchError) else plain(error)
            self._say(
                f"search: no {what} was written ({one_line(why, LONGEST)}); the run is kept, and "
                f"{then}"
            )
            return False
        self._listeners.tell(lambda each: each.page_written(page))
        return True

    def _introduce(self, cluster: Cluster, workers: int) -> None:
        self._recorder.watched_at(cluster.dashboard)
        source = self._resolved.space.source
        notes = (*self._order.watching.notes, *source.notes)
        for note in (*notes, *column_lines(self._recorder.manifest.data)):
            self._say(note)
        if self._order.taken.warm_start:
            self._say(str(self._order.taken.warm_start))
        manifest = self._recorder.manifest
        plan = manifest.plan
        self._say(header(manifest, workers))
        if cluster.since:
            self._say(f"joined the cluster kept since {cluster.since}; `search stop` ends it")
        dashboard = f" · Ray dashboard {cluster.dashboard}" if cluster.dashboard else ""
        if not dashboard and self._order.address is None:
            dashboard = f" · no Ray dashboard ({DASHBOARD}=1 starts it)"
        self._say(f"run {self._recorder.path}{dashboard} · log {self._recorder.folder.log}")
        self._say(f"engine {plan.engine}: {plan.why_engine}")
        if self._resolved.space.touched and not source.is_pickled:
            self._say(
                f"{source.own_file} uses Keras while it is read, which loads TensorFlow into "
                "the driver; move that into build to start seconds sooner"
            )

    def _watchers(self, search_loop: SearchLoop) -> list[Listener]:
        """Beside the display: Ray's metrics, and those that were given."""
        manifest = self._recorder.manifest
        space = _told_to_ray(manifest.name, self._resolved.space)["space"]
        gauges = Gauges(manifest.name, space, manifest.plan.goal, lambda: search_loop.asking)
        for trial in self._recorder.trials():
            if trial.state.finished:
                gauges.trial_changed(trial, trial.epochs)
        return [gauges, *self._order.watching.listeners]

    def _say(self, line: str) -> None:
        self._listeners.say(line)

    def _trial_changed(self, number: int, epoch: int, curve: Curve) -> None:
        trial = self._recorder.trial(number, curve)
        if trial.engine.why and trial.engine not in self._engines:
            self._engines.add(trial.engine)
            engine, plan = trial.engine, self._recorder.manifest.plan
            self._say(
                f"engine {engine.name} instead of {plan.engine} from trial {number} on: "
                f"{engine.why}"
            )
        self._progress.note(trial, epoch)
        self._listeners.tell(lambda each: each.trial_changed(trial, epoch))

    def _workers_changed(self, search_loop: SearchLoop, standing: Standing) -> None:
        if self._recorder.folder.asked_to_finish and self._progress.best is not None:
            search_loop.finish()
            self._progress.message = "finishing, as requested: no more trials start"
        self._listeners.tell(lambda each: each.workers_changed(standing))

    def _finals_changed(self, batch: Batch) -> None:
        done, total = self._progress.finals = batch.done, len(batch.jobs)
        self._listeners.tell(lambda each: each.finals_changed(done, total))

    def _keep_points(self, rows: ResolvedStudy) -> None:
        """What the page draws of the rows that train and validate; held-out is left closed."""
        from search.finals.drawn_features import points_kept

        if points := points_kept(rows.parts, rows.dataset.task):
            self._recorder.save_arrays("points", points)

    def _spent(self, phase: str) -> None:
        now = time.monotonic()
        self._recorder.spent(phase, now - self._clock)
        self._clock = now


def _searched(run: StoredRun) -> "Searched":
    """What a page tells of a run's trials; with all that it imports, which no start waits for."""
    from search.report.material import Material
    from search.report.search_section import Searched

    return Searched.of(Material.of(run))
