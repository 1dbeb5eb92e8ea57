"""Values that are computed of others, whole numbers by steps, and one number returned."""

from ray import tune


def evaluate(config):
    assert config["hidden"] == config["units"] * 2
    assert config["units"] % 8 == 0
    return abs(config["hidden"] - 100) + config["rate"] + (config["kind"] == "relu")


space = {
    "units": tune.qrandint(8, 128, 8),
    "hidden": tune.sample_from(lambda config: config["units"] * 2),
    "rate": tune.uniform(0, 1),
    "kind": tune.choice(["relu", "tanh"]),
    "name": "fixed",
}
