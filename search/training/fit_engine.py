"""The engine that trains whatever Keras trains: by its own `fit`."""

from dataclasses import replace

from search.training.engine import Engine, Training, TrainingRequest


class FitEngine(Engine):
    """Trains models by Keras's own `fit`, and refuses none.

    By one call of it where callbacks, or a `fit` of the model's own, see all of a training.
    """

    name = "fit"

    def begin(self, request: TrainingRequest) -> Training:
        """As in `Engine`."""
        from search.training.fixed_batch import fixed_batch
        from search.training.keras_own import overrides
        from search.training.own_loop import by_one_fit
        from search.training.stock_fit import FitTraining
        from search.training.target_forms import as_targets

        model = request.model
        rows = as_targets(model, self.rows, request.class_weight)
        if rows.train.stream is not None and (size := fixed_batch(model)):
            stream = rows.train.stream.in_whole_batches(size)
            rows = replace(rows, train=replace(rows.train, stream=stream))
        if request.callbacks is not None or overrides(model, "fit"):
            return by_one_fit(request, rows)
        return FitTraining(request, rows)
