"""The engine that trains whatever Keras trains: by its own `fit`."""

from typing import ClassVar

from search.training.engine import StudyNeeds, Training, TrainingRequest, TrainingRows


class FitEngine:
    """Trains models by Keras's own `fit`.

    Args:
        rows: Of all its trainings.
    """

    name: ClassVar = "fit"
    needs_keras: ClassVar = True

    def __init__(self, rows: TrainingRows) -> None:
        self._rows = rows

    @staticmethod
    def suits(needs: StudyNeeds) -> tuple[bool, str]:
        """Any study."""
        del needs
        return True, "it trains whatever Keras trains"

    def refuses(self, request: TrainingRequest) -> str:
        """No model."""
        del request
        return ""

    def begin(self, request: TrainingRequest) -> Training:
        """As in `Engine`."""
        from search.training.callbacks import one_training
        from search.training.stock_fit import FitTraining
        from search.training.target_forms import as_targets

        model = request.model
        seen = None
        if request.callbacks is not None:
            seen = one_training(request.callbacks, request.params, model, request.plan.epochs)
        return FitTraining(request, as_targets(model, self._rows, request.class_weight), seen)
