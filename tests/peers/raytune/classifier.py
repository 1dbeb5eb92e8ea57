"""A gradient boosting of scikit-learn's, with `report` imported by name."""

from ray import tune
from ray.tune import report
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split


def train_breast_cancer(config):
    data, labels = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(data, labels, random_state=0)
    model = GradientBoostingClassifier(
        max_depth=config["max_depth"],
        min_samples_leaf=config["min_samples_leaf"],
        subsample=config["subsample"],
        learning_rate=config["eta"],
        n_estimators=5,
        random_state=0,
    )
    model.fit(train_x, train_y)
    for staged in model.staged_predict(test_x):
        report({"accuracy": (staged == test_y).mean(), "done": True})


param_space = {
    "max_depth": tune.randint(1, 9),
    "min_samples_leaf": tune.choice([1, 2, 3]),
    "subsample": tune.uniform(0.5, 1.0),
    "eta": tune.loguniform(1e-4, 1e-1),
}
