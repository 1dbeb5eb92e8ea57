"""Who runs next, where, and when is it stopped? The only room that knows Ray."""
