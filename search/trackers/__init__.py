"""Copies of a run for other tools: a file of JSON lines, TensorBoard, MLflow.

Each is made from the run folder alone, in a process of its own, so none can slow a search down or
break it.
"""
