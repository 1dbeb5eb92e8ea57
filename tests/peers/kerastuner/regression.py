"""Numbers, compared by their mean absolute error."""

import keras
import keras_tuner as kt


class Regressor(kt.HyperModel):
    def build(self, hp):
        model = keras.Sequential([keras.Input((16,))])
        for i in range(hp.Int("depth", 1, 2)):
            model.add(
                keras.layers.Dense(
                    hp.Int(f"units_{i}", 8, 32, step=8),
                    activation=hp.Choice("activation", ["relu", "elu", "selu"]),
                    kernel_regularizer=keras.regularizers.L2(
                        hp.Float("l2", 1e-6, 1e-2, sampling="log")
                    ),
                )
            )
        model.add(keras.layers.Dense(1))
        model.compile(
            keras.optimizers.Adam(hp.Float("lr", 1e-4, 1e-1, sampling="log", default=1e-3)),
            "mse",
            metrics=["mean_absolute_error"],
        )
        return model


tuner = kt.BayesianOptimization(
    Regressor(),
    objective=kt.Objective("val_mean_absolute_error", direction="min"),
    max_trials=12,
    executions_per_trial=3,
)
