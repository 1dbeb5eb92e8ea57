"""One session of the search of a function: no finals follow it, since only trials are known."""

from dataclasses import replace

from search.app.interrupts import UNFINISHED
from search.app.session import DONE, Session
from search.display.lines import values_text
from search.jobs.messages import Failed
from search.jobs.phases import Phases
from search.report.failing import why_failed
from search.report.wording import on_validation
from search.store.run import load_run
from search.tuning.function_loop import FunctionLoop
from search.tuning.search_loop import SearchLoop


class FunctionSession(Session):
    """Drives the search of a function from where it stands to its page."""

    def _phases(self, search_loop: SearchLoop, workers: int) -> Phases:
        del workers
        self._loop = search_loop
        return Phases(lambda: search_loop)

    def _mistakes(self, search_loop: SearchLoop) -> list[Failed]:
        found = search_loop.mistakes if isinstance(search_loop, FunctionLoop) else []
        return [replace(one, where=self._resolved.space.source.place) for one in found]

    def _concluded(self) -> int:
        recorder, best = self._recorder, self._progress.best
        recorder.searched(self._loop.why_ended)
        self._tell_if_cut_short()
        recorder.ended("failed" if best is None else "finished")
        recorder.folder.forget_to_finish()
        if best is None:
            self._say(f"search: {why_failed(recorder.manifest, recorder.trials())}")
        else:
            value = on_validation(best.value or 0.0, recorder.manifest.plan.objective)
            self._say(f"best  trial {best.number}, {value}: {values_text(best.params)}")
            if left := load_run(recorder.path).left().get(best.number):
                self._say(f"model  {left}, as the trial left it: nothing was held out")
        self._interrupts.heed()
        written = self._write_page()
        return DONE if written and best is not None else UNFINISHED
