"""A grid beside random values, as a dict that is returned; at the file's top level."""

from ray import tune


def trainable(config):
    lr, momentum = config["optimizer"]["lr"], config["optimizer"]["momentum"]
    return {"loss": (lr - 0.01) ** 2 + momentum + len(config["layers"]) * config["dropout"]}


space = {
    "layers": tune.grid_search([[16], [16, 16], [32]]),
    "optimizer": {"lr": tune.loguniform(1e-4, 1e-1), "momentum": tune.grid_search([0.0, 0.9])},
    "dropout": tune.quniform(0.0, 0.5, 0.1),
}

tuner = tune.Tuner(
    trainable,
    param_space=space,
    tune_config=tune.TuneConfig(metric="loss", mode="min", num_samples=2),
)
results = tuner.fit()
print(results.get_best_result().metrics["loss"])
