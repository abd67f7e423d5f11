"""Settings that all tests share."""

from hypothesis import HealthCheck, settings

# A test says whether something is true, not how fast it was on a machine that others use as well.
settings.register_profile("weft", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("weft")
