"""What rules and schedules send to: one module for each kind of target."""
