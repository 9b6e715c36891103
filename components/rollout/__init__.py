"""The adapter to Kubernetes: a bundle goes to all replicas of an InferenceService, or to none.

::

    kubernetes_api   every call, and what goes wrong with one
    lease            one roll-out at a time
    manifest         what is applied: the chart's template and the bundle's address
    progress         how far a Deployment is, judged from what Kubernetes says of it
    asking           what a server answers, compared with what the bundle must answer
    bringing         one bundle to every replica
    rolling          the order of all that, and the way back
"""

from components.rollout.bringing import Place
from components.rollout.rolling import remove, rolled_out

__all__ = ["Place", "remove", "rolled_out"]
