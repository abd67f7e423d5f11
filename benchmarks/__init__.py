"""The figures that Weft is held to: `python -m benchmarks` measures all of them, `python -m benchmarks NAME` one."""
