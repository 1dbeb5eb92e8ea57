"""Ray Tune's first example: an objective of two numbers, reported step by step."""

from ray import tune


def objective(config):
    score = 0.0
    for step in range(config["steps"]):
        score = (0.1 + config["width"] * step / 100) ** (-1) + config["height"] * 0.1
        tune.report({"score": score, "iterations": step})


param_space = {"steps": 8, "width": tune.uniform(0, 20), "height": tune.uniform(-100, 100)}

if __name__ == "__main__":
    tuner = tune.Tuner(
        objective,
        param_space=param_space,
        tune_config=tune.TuneConfig(metric="score", mode="min", num_samples=10),
    )
    print(tuner.fit().get_best_result().config)
