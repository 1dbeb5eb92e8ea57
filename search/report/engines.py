"""Which engines trained a run's models, in words."""

from collections import Counter
from collections.abc import Iterable

from search.store.manifest import Plan
from search.study.answer import Answer
from search.study.trial import EngineChoice, Trial


def engines_of(trials: Iterable[Trial]) -> Counter[EngineChoice]:
    """Which engines trained these trials, and how many each, but for those of another run."""
    return Counter(trial.engine for trial in trials if trial.engine.name and not trial.taken)


def engines_of_fits(answer: Answer | None) -> Counter[EngineChoice]:
    """The same of the finals' fits."""
    if answer is None:
        return Counter()
    fits = [fit for finalist in answer.finalists for fit in finalist.fits]
    fits += [fit for baseline in answer.baselines for fit in baseline.fits]
    fits += [answer.refit] if answer.refit else []
    return Counter(fit.engine for fit in fits if fit.engine.name)


def engine_of_winner(plan: Plan, answer: Answer) -> str:
    """The engine that trained the model that is shown."""
    return (answer.last or answer.chosen).engine.name or plan.engine


def engine_line(plan: Plan, trials: Counter[EngineChoice]) -> str:
    """The engine that was planned and why, and by which others some trials were trained."""
    line = f"{plan.engine} ({plan.why_engine})"
    told = fallbacks(plan, trials, "trials")
    if not told:
        return line
    all_others = sum(trials.values()) == sum(n for e, n in trials.items() if e.why)
    return f"planned {line}; {told}" if all_others else f"{line}; {told}"


def fallbacks(plan: Plan, engines: Counter[EngineChoice], what: str) -> str:
    """How many were trained by others than the planned engine, and why; "" where none was."""
    total = sum(engines.values())
    others = [(e, n) for e, n in engines.most_common() if e.why or e.name != plan.engine]
    return "; ".join(
        f"{count} of {total} {what} by {engine.name}" + (f", since {engine.why}" * bool(engine.why))
        for engine, count in others
    )
