"""What every stage finds in its environment, here and on a cluster."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Stages run side by side, a core each; and one thread adds up in one order, so that the same data
and seed give the same bundle to the last bit."""
