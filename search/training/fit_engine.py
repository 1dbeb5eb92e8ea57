"""The engine that trains whatever Keras trains: by its own `fit`."""

from search.training.engine import Engine, Training, TrainingRequest


class FitEngine(Engine):
    """Trains models by Keras's own `fit`, and refuses none."""

    name = "fit"

    def begin(self, request: TrainingRequest) -> Training:
        """As in `Engine`."""
        from search.training.callbacks import one_training
        from search.training.stock_fit import FitTraining
        from search.training.target_forms import as_targets

        model, seen = request.model, None
        if request.callbacks is not None:
            seen = one_training(request.callbacks, request.params, model, request.plan.epochs)
        return FitTraining(request, as_targets(model, self.rows, request.class_weight), seen)
