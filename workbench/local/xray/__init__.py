"""X-Ray (lambda-facts §13): trace headers, sampling, segments, the daemon's port, what is kept."""
