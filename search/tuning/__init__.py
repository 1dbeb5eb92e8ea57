"""Who runs next, and when is it stopped? The search loop, its sampler, and the Ray Tune adapter."""
