"""Lambda's metrics (lambda-facts §5): counted by the server, kept as one datapoint a minute."""
