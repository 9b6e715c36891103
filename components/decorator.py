"""What makes a function a component; not to be imported by a running stage.

While a stage runs, KFP loads only what an executor needs, and `dsl.component` is not among it.
"""

from functools import partial

from kfp import dsl

TRAIN_IMAGE = "secom-train:0.1.0"

component = partial(dsl.component, base_image=TRAIN_IMAGE, install_kfp_package=False)
