"""How does one configuration become a trained model? The only room that knows TensorFlow and Keras."""
