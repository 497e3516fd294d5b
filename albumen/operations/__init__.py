"""How the service is operated: probes, metrics, logs, `doctor`, and moving to another database or storage."""
