"""How does a configuration become a trained model? The one room with TensorFlow and Keras."""
