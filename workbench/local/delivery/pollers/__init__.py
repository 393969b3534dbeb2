"""The process that polls queues and streams and invokes functions with what it finds."""
