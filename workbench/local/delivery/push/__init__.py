"""Sources that push their events to functions: S3, SNS, EventBridge, Scheduler, Logs."""
