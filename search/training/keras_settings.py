"""Keras's global settings: as the space file left them, for each model anew."""

from dataclasses import dataclass

import keras
import tensorflow as tf


@dataclass(frozen=True)
class KerasSettings:
    """What a process sets for all of Keras, and `keras.backend.clear_session` or a `build` changes.

    Attributes:
        policy: Name of the dtype policy, such as "mixed_float16".
        floatx: The default type of numbers.
        image_data_format: Where the channels are.
        epsilon: The fuzz factor.
        eager: Whether TensorFlow runs its functions line by line.
    """

    policy: str
    floatx: str
    image_data_format: str
    epsilon: float
    eager: bool = False

    @classmethod
    def now(cls) -> "KerasSettings":
        """As they stand."""
        config = keras.config
        return cls(
            config.dtype_policy().name,
            config.floatx(),
            config.image_data_format(),
            config.epsilon(),
            tf.config.functions_run_eagerly(),
        )

    def begin_anew(self) -> None:
        """Set them again, and count names from 1, so that each trial has Keras as the first had it.

        An unnamed metric is called the same in each; a policy that one `build` sets is not the
        next one's. Not within a distribution strategy's scope, which would lose its place.
        """
        keras.backend.clear_session(free_memory=False)
        self.set()

    def set(self) -> None:
        """Set them again."""
        keras.config.set_floatx(self.floatx)
        keras.config.set_dtype_policy(self.policy)
        keras.config.set_image_data_format(self.image_data_format)
        keras.config.set_epsilon(self.epsilon)
        tf.config.run_functions_eagerly(self.eager)
