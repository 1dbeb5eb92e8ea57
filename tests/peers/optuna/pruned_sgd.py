"""A classifier that learns step by step, and is pruned where it is behind."""

import optuna
import sklearn.datasets
import sklearn.linear_model
import sklearn.model_selection


def objective(trial):
    iris = sklearn.datasets.load_iris()
    classes = list(set(iris.target))
    train_x, valid_x, train_y, valid_y = sklearn.model_selection.train_test_split(
        iris.data, iris.target, test_size=0.25, random_state=0
    )
    alpha = trial.suggest_float("alpha", 1e-5, 1e-1, log=True)
    clf = sklearn.linear_model.SGDClassifier(alpha=alpha, random_state=1)
    for step in range(30):
        clf.partial_fit(train_x, train_y, classes=classes)
        trial.report(1.0 - clf.score(valid_x, valid_y), step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return 1.0 - clf.score(valid_x, valid_y)


sampler = optuna.samplers.TPESampler(seed=10)
pruner = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=4)
study = optuna.create_study(
    study_name="sgd", storage="sqlite:///sgd.db", sampler=sampler, pruner=pruner
)
study.optimize(objective, n_trials=18)

print("Number of finished trials:", len(study.trials))
print("Best value:", study.best_trial.value)
