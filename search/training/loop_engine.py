"""The engine that has a function of yours train: `Study(fit=train_loop)`."""

from search.training.engine import Engine, StudyNeeds, Training, TrainingRequest


class LoopEngine(Engine):
    """Trains models by `fit=`, and refuses those that have none."""

    name = "own loop"

    @staticmethod
    def suits(needs: StudyNeeds) -> tuple[bool, str]:
        """Where the study has one; nothing is said of it where it has none."""
        return (True, "a fit= of your own trains") if needs.study.fit else (False, "")

    def refuses(self, request: TrainingRequest) -> str:
        """A baseline with a model of its own is trained by Keras."""
        return "" if request.loop else "fit= is not for a baseline with a model of its own"

    def begin(self, request: TrainingRequest) -> Training:
        """As in `Engine`."""
        from search.training.own_loop import own_loop

        return own_loop(request, self.rows)
