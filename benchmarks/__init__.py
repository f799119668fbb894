"""Benchmarks of torch_argmax: ``python -m benchmarks.run``, then ``python -m benchmarks.report``."""
