"""What the embedded services hold, on disk: it survives a kill of anything, and restarts."""
