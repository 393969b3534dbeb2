"""Writing down what happened, in a process of its own: history and metrics."""
