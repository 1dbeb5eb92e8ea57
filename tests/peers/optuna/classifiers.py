"""Which of scikit-learn's classifiers, with hyperparameters of its own."""

import optuna
import sklearn.datasets
import sklearn.ensemble
import sklearn.model_selection
import sklearn.svm


def objective(trial):
    iris = sklearn.datasets.load_iris()
    x, y = iris.data, iris.target
    name = trial.suggest_categorical("classifier", ["SVC", "RandomForest"])
    if name == "SVC":
        svc_c = trial.suggest_float("svc_c", 1e-10, 1e10, log=True)
        classifier = sklearn.svm.SVC(C=svc_c, gamma="auto")
    else:
        depth = trial.suggest_int("rf_max_depth", 2, 32, log=True)
        classifier = sklearn.ensemble.RandomForestClassifier(
            max_depth=depth, n_estimators=10, random_state=0
        )
    score = sklearn.model_selection.cross_val_score(classifier, x, y, n_jobs=1, cv=3)
    return score.mean()


if __name__ == "__main__":
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=16)
    print(study.best_trial)
