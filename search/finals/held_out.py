"""The held-out evaluation: the last round's jobs, and the answer that comes of them.

The held-out rows are opened here and nowhere else; each evaluation is recorded before it is made.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from search.data.by_values import taken_by_data
from search.data.dataset import Array
from search.data.rows_in_file import Features
from search.data.scaling import Scale
from search.data.series_rows import kept_of
from search.data.split import HELD_OUT, Parts
from search.finals.choice import FinalistChoice
from search.finals.dependence import NONE as NOT_DEPENDS
from search.finals.dependence import Dependence, why_not
from search.finals.doubted_labels import doubted
from search.finals.drawn_features import Domain, rows_drawn
from search.finals.folds import OWN, TOGETHER, Folds
from search.finals.forecast_models import forecast_arrays, forecast_predictions
from search.finals.projection import Projections
from search.finals.reference_models import how_fitted, plain_predictions, yardsticks
from search.finals.retraining import (
    Entrant,
    Sound,
    Trained,
    rate_tests,
)
from search.finals.scoring import Judge
from search.finals.training_replay import Watched, replay_of, watched
from search.finals.verdict import median_of
from search.finals.weak_slices import RowScores, weak_slices
from search.finals.worst_rows import hardest_of_classes, numbers_of, values_of, worst
from search.jobs.batch import Batch
from search.jobs.messages import (
    Failed,
    Job,
    MeasureRequest,
    Predicted,
    Prediction,
    Rates,
    RateTest,
    Refitted,
    Result,
)
from search.metrics.base import PairedScores
from search.metrics.measures import measure_of, row_losses
from search.metrics.row_loss import BY_SQUARES, QUANTILE, RowLoss
from search.store.recorder import Recorder
from search.study.answer import (
    CONSTANT,
    Answer,
    BaselineResult,
    Doubted,
    Fit,
    Measured,
    RateCurve,
    Score,
)
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.errors import RunError
from search.study.output_forms import ROWS
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.study import Study
from search.study.task import TASKS
from search.training.rate_suggestion import suggest


class HeldOutEvaluation:
    """The winner and the baselines on the held-out rows.

    Args:
        study: What was searched.
        folds: Its rows.
        recorder: Where evaluations and the answer are written.
        choice: The winner.
        refitted: Results of last fits, by baseline (None for the winner) and seed.
    """

    def __init__(
        self,
        study: Study,
        folds: Folds,
        recorder: Recorder,
        choice: FinalistChoice,
        refitted: Mapping[tuple[int | None, int], Result | None],
    ) -> None:
        self._study = study
        self._folds = folds
        self._parts = folds.parts(OWN)
        self._recorder = recorder
        self._choice = choice
        self._refitted = refitted
        self._unfitted: list[str] = []
        self._planes = Projections(self._parts, recorder.manifest.data.features)
        self._domain = None if self._varies else Domain.of(self._parts, self._task)
        self._watched = Watched()
        self._dependence: Dependence | None = None
        self._found: dict[tuple[int | None, int], Predicted] = {}

    def jobs(self) -> list[Job]:
        """Predictions and range tests of the winner and the baselines, and what is replayed."""
        choice = self._choice
        finished = sum(trial.state.finished for trial in self._recorder.trials())
        self._recorder.look(finished)
        jobs: list[Job] = []
        for trained in (choice.trained, *self._choice.baselines):
            for sound in self._judged(trained):
                seed = sound.configuration.seed
                drawn = seed == self._shown_of(trained)
                shown = drawn and trained is choice.trained
                parts = self._folds.parts(sound.split)
                probes = self._probes(sound.split) if shown else {}
                jobs.append(
                    Prediction(
                        name=trained.entrant.name,
                        configuration=sound.configuration,
                        weights=sound.refitted.weights,
                        inputs={
                            **self._inputs(sound.split, with_grid=drawn),
                            **probes,
                        },
                        changed=self._dependence.made_of if probes and self._dependence else None,
                        export=shown,
                        raw=parts.raw if shown else None,
                        fold=self._folds.fold(sound.split),
                        asked=self._asked(others=shown) if self._is_asked else None,
                    )
                )
        for trained in (choice.trained, *self._choice.baselines):
            jobs += self._rate_jobs(trained.entrant)
        if self._by_model:
            return jobs
        planes = ([], []) if self._varies else self._planes.of(choice.shown.refitted.importance)
        self._watched = watched(choice.entrants, planes, self._folds, self._study.direction)
        return [*jobs, *self._watched.jobs]

    def _asked(self, *, others: bool) -> MeasureRequest:
        """In the unit that models are trained on, where they measure themselves."""
        study, plain, parts = self._study, self._plain if others else {}, self._parts
        if parts.scale is not None:
            plain = {name: parts.scale.apply(said) for name, said in plain.items()}
        more = study.direction == "maximize"
        return MeasureRequest(
            study.objective,
            parts.held_out.y,
            plain,
            more,
            parts.blocks(HELD_OUT),
            parts.held_out.weights,
        )

    def _judged(self, trained: Trained) -> list[Sound]:
        """An entrant's models that see held-out: last fits where the winner has one, else all."""
        if not self._refit:
            return trained.sound
        last = []
        for sound in trained.sound:
            key = (sound.configuration.baseline, sound.configuration.seed)
            refitted = self._refitted.get(key)
            if isinstance(refitted, Refitted):
                last.append(Sound(sound.configuration, TOGETHER, refitted))
        return last

    def _rate_jobs(self, entrant: Entrant) -> list[RateTest]:
        asked = entrant.baseline is None or self._study.baselines[entrant.baseline].rate_curve
        return rate_tests(entrant, self._study, len(self._parts.train)) if asked else []

    def _inputs(self, split: int, *, with_grid: bool) -> dict[str, Features]:
        inputs: dict[str, Features] = {"held_out": self._folds.parts(split).held_out.x}
        grid = None
        if with_grid and self._domain is not None:
            grid = self._folds.features(split, self._domain.points)
        return inputs if grid is None else {**inputs, "grid": grid}

    def _probes(self, split: int) -> dict[str, Features]:
        """Rows that show what the shown model depends on."""
        if self._varies:
            return {}
        weights, names = self._choice.shown.refitted.importance, self._names
        parts = self._folds.parts(split)
        self._dependence = Dependence.of(parts, names, weights, self._task)
        return self._dependence.inputs if self._dependence else {}

    @property
    def _varies(self) -> bool:
        """Whether the rows that are here are not those that the winner's values make of them."""
        study = self._study
        return not self._of_windows and bool(
            taken_by_data(study.data, (*study.parameters, *study.fixed))
        )

    @property
    def _names(self) -> tuple[str, ...]:
        """Of the features that a model is given."""
        return self._recorder.manifest.data.features

    def _shown_of(self, trained: Trained) -> int | None:
        """The seed of the fit of median validation; None where all failed."""
        fit = median_of(trained.fits, self._study.direction)
        return None if fit is None else fit.seed

    @property
    def _refit(self) -> bool:
        """Whether the winner's last fit is there; without it, no other's counts."""
        return isinstance(self._refitted.get((None, self._choice.chosen.seed)), Refitted)

    def conclude(self, batch: Batch) -> Answer:
        """The answer, written into the run folder.

        Args:
            batch: Of `jobs`, all of which have ended.

        Raises:
            RunError: The winner could not be scored.
        """
        choice, self._batch, scale = self._choice, batch, self._parts.scale
        self._found = {
            (job.configuration.baseline, job.configuration.seed): _own_units(job, result, scale)
            for job, result in zip(batch.jobs, batch.results, strict=True)
            if isinstance(job, Prediction) and isinstance(result, Predicted)
        }
        shown = self._found.get((None, choice.chosen.seed))
        if shown is None:
            reasons = [r.reason for r in batch.results if isinstance(r, Failed)]
            why = reasons[0] if reasons else "its predictions were lost with their worker"
            raise RunError(f"the winner could not be judged: {why}")
        winner, penalty = self._judged_of(shown), self._penalty
        baselines = [self._baseline_result(t, winner) for t in choice.baselines]
        answer = Answer(
            finalists=choice.finalists,
            chosen=choice.chosen,
            scores=self._scores(choice.trained),
            headline=self._judge.score(winner),
            yardsticks=yardsticks(self._said(shown), self._judge, winner, shown.estimates),
            baselines=tuple(baselines),
            rate_curve=self._rate_curve("winner", None),
            look=len(self._recorder.manifest.looks),
            refit=self._last_fit,
            no_model=shown.no_model,
            promise=self._told(choice.finalists[0].search_value, penalty),
            renewed=self._told(choice.finalists[0].mean, penalty),
            notes=(*shown.notes, *self._unmeasured),
            loss_parts=shown.loss_parts,
            columns=self._columns,
            measures=self._measures(shown),
            outputs=shown.outputs,
            doubted=self._doubted(shown),
            fitted=how_fitted(
                self._fitted_on.train,
                self._task,
                self._class_weight,
                self._said(shown),
                self._row_loss,
            )
            + tuple(self._unfitted),
        )
        arrays = self._arrays(shown, winner)
        if shown.latency:
            arrays["latency"] = dict(shown.latency)
        if of_baselines := self._of_baselines():
            arrays["baselines"] = of_baselines
        self._recorder.save_answer(answer, shown.model, arrays)
        return answer

    @property
    def _last_fit(self) -> Fit | None:
        """The winner's last fit; None where none was wanted."""
        if not self._study.finals.refit:
            return None
        seed = self._choice.chosen.seed
        match self._refitted.get((None, seed)):
            case Refitted(curve=curve, engine=engine):
                return Fit(seed, curve, None, None, engine=engine)
            case Failed(reason):
                return Fit(seed, {}, None, None, reason)
            case _:
                return Fit(seed, {}, None, None, "it was not trained")

    @property
    def _columns(self) -> tuple[tuple[str, str], ...]:
        """What became of each column before the shown model saw it, where the search's is other."""
        split = TOGETHER if self._refit else self._choice.chosen.split
        preparation = None if split == OWN else self._folds.parts(split).preparation
        return preparation.told if preparation else ()

    def _doubted(self, shown: Predicted) -> Doubted | None:
        """Labels of the search's own validation rows that all fits of finalists contradict."""
        if not TASKS[self._task].classifies or shown.kind != PROBABILITIES:
            return None
        finalists = [one for one in self._choice.entrants if one.entrant.trial is not None]
        fits = [fit.refitted for one in finalists for fit in one.sound if fit.split == OWN]
        data, numbers = self._parts.source, self._parts.numbers[1]
        rows = numbers if data.given.rows is None else data.given.rows[numbers]
        return doubted([fit.predictions for fit in fits], self._parts.validation.y, rows)

    @cached_property
    def _judge(self) -> Judge:
        """Of the held-out rows."""
        return Judge.of(self._study, self._parts, self._recorder.manifest.data, own=self._own)

    @property
    def _own(self) -> bool:
        """Whether models measure the objective themselves; known after the first round."""
        sound = [sound for trained in self._choice.entrants for sound in trained.sound]
        known = measure_of(self._study.objective, self._task) is not None
        return not known or any(one.refitted.estimate is not None for one in sound)

    @property
    def _is_asked(self) -> bool:
        """Whether models are asked for it: not for what a `fit=` reports and the model does not."""
        of_winner = self._choice.shown.refitted.estimate
        reported = self._study.fit and of_winner is not None and not len(of_winner.drawn)
        return self._own and not reported

    @property
    def _unmeasured(self) -> tuple[str, ...]:
        """What to say where only a `fit=` knows the objective."""
        if self._is_asked or not self._own:
            return ()
        name = getattr(self._study.fit, "__name__", "fit")
        return (
            f"{self._study.objective} is what {name} reports of validation rows; neither the model "
            "nor this report measures it, so held-out rows have no value of it.",
        )

    def _judged_of(self, found: Predicted) -> PairedScores:
        said = found.predictions["held_out"]
        return self._judge.judged(said, found.estimates.get(""), found.kind)

    def _told(self, value: float | None, penalty: float) -> float | None:
        """A value on validation in the unit of held-out scores."""
        if value is None or not math.isfinite(value):
            return None
        return self._judge.in_own_units(value, penalty)

    @property
    def _penalty(self) -> float:
        """What the winner's loss on validation holds beside that of rows."""
        shown, value = self._choice.shown, self._choice.chosen.value
        if self._study.objective != "val_loss" or value is None:
            return 0.0
        estimate = shown.refitted.estimate
        if estimate is not None:
            return value - estimate.value
        y = self._folds.parts(shown.split).validation.y
        rows = row_losses(shown.refitted.predictions, y, self._task)
        return float(value - rows.mean())

    @property
    def _by_model(self) -> bool:
        return TASKS[self._task].by_model

    @property
    def _task(self) -> str:
        return self._recorder.manifest.data.task

    @cached_property
    def _plain(self) -> dict[str, Array]:
        """Held-out predictions of plain models, fitted on as many rows as the shown model."""
        if self._by_model:  # which finds the best constant itself
            return {CONSTANT: np.empty((len(self._parts.held_out), 0))}
        parts = self._fitted_on
        if parts.source.series is not None:
            return forecast_predictions(parts)
        own = parts.train.weighted(self._class_weight)
        if parts.scale:
            own = replace(own, y=parts.back(own.y))
        return plain_predictions(
            own,
            parts.held_out.x,
            len(self._recorder.manifest.data.classes),
            self._task,
            self._row_loss,
            say=self._unfitted.append,
        )

    @property
    def _fitted_on(self) -> Parts:
        """With the rows that reference models are fitted on."""
        return self._folds.parts(TOGETHER if self._refit else OWN)

    @property
    def _class_weight(self) -> object:
        return self._choice.trained.entrant.params.get(CLASS_WEIGHT, NONE)

    @property
    def _row_loss(self) -> RowLoss:
        """What the objective adds up of rows of numbers."""
        estimate = self._choice.shown.refitted.estimate
        if estimate is not None:
            return estimate.row_loss
        return RowLoss(QUANTILE) if self._study.objective == "val_mae" else BY_SQUARES

    def _said(self, shown: Predicted) -> dict[str, Array]:
        """The same, with the constant that is best by the winner's own measure."""
        if self._by_model:
            return self._plain if CONSTANT in shown.estimates else {}
        if shown.constant is None or CONSTANT not in shown.estimates:
            return {} if shown.kind == OF_LOSS else self._plain
        rows = len(self._parts.held_out)
        constant = {CONSTANT: np.tile(shown.constant, (rows, 1))}
        return constant if shown.kind == OF_LOSS else {**self._plain, **constant}

    def _arrays(self, shown: Predicted, winner: PairedScores) -> dict[str, dict[str, Array]]:
        told, blocks = shown.predictions["held_out"], kept_of(self._parts.blocks(HELD_OUT))
        what = TASKS[self._task].kept
        objective = {
            "value": np.asarray(winner.estimate.value),
            "drawn": winner.estimate.drawn,
        }
        if winner.estimate.rows is not None:
            objective["rows"] = winner.estimate.rows
        if self._by_model:
            rows = {what: told, "y": self._parts.numbers[-1], **blocks}  # which rows
            worst_of = self._worst_of_outputs(shown)
            everyone = np.arange(len(self._parts.held_out))
            places = {"row": everyone, **numbers_of(self._parts, everyone)}
            kept = {"outputs": dict(shown.kept), "places": places, **worst_of}
            kept |= self._depends(shown)
            return {"held_out": rows, "objective": objective, **kept}
        truth = self._judge.y
        held_out = {"y": truth, what: told, **blocks}
        kept = {
            "held_out": held_out,
            "worst": values_of(self._parts, worst(told, truth, self._task, shown.kind)),
            "replay": self._replay(),
            "objective": objective,
        }
        hardest = hardest_of_classes(told, truth, self._parts.held_out.x, self._task)
        if len(hardest) and shown.kind != OF_LOSS:
            kept["hardest"] = values_of(self._parts, hardest)
        if self._of_windows:
            kept["forecasts"] = forecast_arrays(self._parts, self._plain)
        kept |= self._understood(shown)
        if "grid" not in shown.predictions or self._domain is None:
            return kept
        grid = self._domain.shaped(shown.predictions["grid"])
        return kept | {
            "held_out": held_out | {"x": rows_drawn(self._parts, self._parts.held_out)},
            "grid": {**self._domain.places, what: grid},
        }

    @property
    def _of_windows(self) -> bool:
        return self._parts.source.series is not None

    def _understood(self, shown: Predicted) -> dict[str, dict[str, Array]]:
        """What the shown model depends on, and where it errs."""
        found = self._depends(shown)
        if shown.kind == OF_LOSS or self._of_windows or self._varies:
            return found
        said, weights = shown.predictions, self._choice.shown.refitted.importance
        scores = RowScores.of(said["held_out"], self._judge.y, self._task)
        slices = weak_slices(self._parts, self._names, weights, scores)
        return found | ({"slices": slices} if slices else {})

    def _depends(self, shown: Predicted) -> dict[str, dict[str, Array]]:
        """What the shown model depends on, or why that is not known."""
        said = shown.predictions
        by_row = all(said[part].shape[1] for part in ("held_out", "shuffled") if part in said)
        if shown.kind == OF_LOSS and not (self._by_model and by_row):
            why = f"{NOT_DEPENDS}the objective is not known row by row."
        elif self._varies:
            why = f"{NOT_DEPENDS}each configuration is given other features of a row."
        elif self._dependence is None:
            why = why_not(self._parts, self._names)
        else:
            return {"dependence": self._dependence.arrays(said, self._judge)}
        return {"dependence": {"why": np.array(why)}}

    def _worst_of_outputs(self, shown: Predicted) -> dict[str, dict[str, Array]]:
        """Of each output that says one class, labels or a few numbers a row."""
        found = {}
        for place, form in enumerate(shown.outputs):
            if form.form == ROWS:
                said, truth = shown.kept[f"{place} said"], shown.kept[f"{place} truth"]
                chosen = worst(said.astype(float), truth, form.task)
                found[f"worst-{place}"] = values_of(self._parts, chosen)
        return found

    def _measures(self, shown: Predicted) -> tuple[Measured, ...]:
        """All that a model measures, where that is more than the objective."""
        found = {name: self._judge.measured(of, name) for name, of in shown.measures.items()}
        return tuple(found.values()) if len(found) > 1 else ()

    def _of_baselines(self) -> dict[str, Array]:
        """What each baseline's shown fit predicts for the held-out rows, and where it is drawn."""
        kept = {}
        for trained in self._choice.baselines:
            place = trained.entrant.baseline
            said = self._found.get((place, self._shown_of(trained) or 0))
            if said is None or self._by_model:
                continue
            kept[f"{place} held_out"] = said.predictions["held_out"].astype(np.float32)
            if "grid" in said.predictions and self._domain is not None:
                grid = self._domain.shaped(said.predictions["grid"])
                kept[f"{place} grid"] = grid.astype(np.float32)
        return kept

    def _replay(self) -> dict[str, Array]:
        parts, drawn = self._parts, self._planes.drawn
        results = self._batch.results[len(self._batch.jobs) - len(self._watched.jobs) :]
        y = parts.train.y[drawn]
        return replay_of(self._watched, results, y, parts.scale, self._task)

    def _predicted(self, trained: Trained) -> list[Predicted]:
        """What an entrant's models predict."""
        judged = [sound.configuration for sound in self._judged(trained)]
        found = [self._found.get((each.baseline, each.seed)) for each in judged]
        return [predicted for predicted in found if predicted is not None]

    def _scores(self, trained: Trained) -> tuple[Score, ...]:
        return tuple(self._judge.score(self._judged_of(of)) for of in self._predicted(trained))

    def _baseline_result(self, trained: Trained, winner: PairedScores) -> BaselineResult:
        result = self._baseline_alone(trained)
        if result.typical is None:
            return result
        typical = self._predicted(trained)[result.typical]
        return replace(result, against=self._judge.paired(winner, self._judged_of(typical)))

    def _baseline_alone(self, trained: Trained) -> BaselineResult:
        place = trained.entrant.baseline or 0
        seed = self._shown_of(trained)
        shown = None if seed is None else self._found.get((place, seed))
        return BaselineResult(
            name=trained.entrant.name,
            note=self._study.baselines[place].note,
            shown=None if shown is None else seed,
            headline=None if shown is None else self._judge.score(self._judged_of(shown)),
            params=trained.entrant.params,
            epochs=trained.entrant.epochs,
            weights=trained.weights,
            fits=trained.fits,
            scores=self._scores(trained),
            rate_curve=self._rate_curve(trained.entrant.name, place),
        )

    def _rate_curve(self, of: str, baseline: int | None) -> RateCurve | None:
        found = [
            result
            for job, result in zip(self._batch.jobs, self._batch.results, strict=True)
            if isinstance(job, RateTest)
            and isinstance(result, Rates)
            and job.configuration.baseline == baseline
        ]
        if not found:
            return None
        lowest, suggested = suggest(found[0].rates, [r.losses for r in found])
        return RateCurve(
            of=of,
            rates=found[0].rates,
            losses=tuple(r.losses for r in found),
            lowest=lowest,
            suggested=suggested,
        )


def _own_units(job: Prediction, found: Predicted, scale: Scale | None) -> Predicted:
    """Predictions in the targets' own units; the scale is the job's own where its rows are."""
    used = scale if job.fold is None else job.fold.scale
    if used is None:
        return found
    return replace(found, predictions={name: used.back(y) for name, y in found.predictions.items()})
