"""What a process of the distributed Weft counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ACCEPTED, DUPLICATE, REFUSED = "accepted", "duplicate", "refused"


class Measures:
    """The figures of one process, in a registry of their own."""

    def __init__(self) -> None:
        every = self.registry = CollectorRegistry()
        taken = "Records of weft.intake, by what became of them"
        self.taken = Counter("weft_intake_events", taken, ["what"], registry=every)
        self.rounds = Counter("weft_rounds_records", "Records of weft.rounds that the leader saw", registry=every)
        self.scores = Counter("weft_scores_published", "Records of weft.scores", registry=every)
        self.read = Gauge("weft_log_read", "Events of the log that this process has read", registry=every)
        self.leads = Gauge("weft_leads_rounds", "1: this worker leads rounds", registry=every)
        swept = "1: every owned seeker's record is as the log says"
        self.swept = Gauge("weft_scores_swept", swept, registry=every)
        self.scoring = Histogram("weft_scoring_seconds", "Time that a batch of scores took", registry=every)
