"""How records become transitions: what every rule shares.

``VERSION`` is raised when something of ``COMMON_MODULES`` or ``COMMON_CONFIG`` changes what alerts say; ``supplywatch rules lock`` asks for it.
"""

VERSION = "1.0.0"
COMMON_MODULES = (
    "supplywatch.engine",
    "supplywatch.episode",
    "supplywatch.fold",
    "supplywatch.grading",
    "supplywatch.intake.periods",
    "supplywatch.lattice",
    "supplywatch.thresholds",
    "supplywatch.watch",
)
COMMON_CONFIG = ("items.yaml",)
