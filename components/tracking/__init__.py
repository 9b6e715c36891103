"""The adapter to MLflow: what was tried in which run, and which version of the model serves.

::

    experiment secom
    └── run of the pipeline, by its run id     model/MLmodel, model/bundle/… once it is promoted
        └── run of a family                    parameters, figures, data, bundle/…
    registered model secom: a version a bundle, the alias `champion` on one of them
"""

from components.tracking.connection import require_reachable
from components.tracking.pruning import delete_old_runs
from components.tracking.registry import move_champion_alias
from components.tracking.runs import end_run, log_contenders

__all__ = [
    "delete_old_runs",
    "end_run",
    "log_contenders",
    "move_champion_alias",
    "require_reachable",
]
