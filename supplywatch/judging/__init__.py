"""How records become transitions: what every rule shares.

``VERSION`` is raised when something of ``COMMON_MODULES`` or ``COMMON_CONFIG`` changes what alerts say; ``supplywatch rules lock`` asks
for it.
"""

VERSION = "1.7.2"
COMMON_MODULES = (
    "supplywatch.judging.engine",
    "supplywatch.judging.episode",
    "supplywatch.judging.exposure",
    "supplywatch.judging.fold",
    "supplywatch.judging.folding",
    "supplywatch.judging.grading",
    "supplywatch.judging.holding",
    "supplywatch.judging.pieces",
    "supplywatch.judging.renewing",
    "supplywatch.model.periods",
    "supplywatch.judging.severity",
    "supplywatch.judging.thresholds",
    "supplywatch.model.items",
)
COMMON_CONFIG = ("items.yaml",)
