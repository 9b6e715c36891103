"""Why a unit's risk is what it is, as texts that clients can read."""

from __future__ import annotations

import numpy as np
import orjson

from secom_core.bundle import Bundle
from secom_core.explain import effects
from serving.predictor.errors import TooLargeError

MAX_UNITS = 1000
"""Units that one request may have explained: each is scored once per sensor that is read."""

N_SENSORS = 5


def explanations(bundle: Bundle, readings: np.ndarray, medians: np.ndarray) -> list[str]:
    """Explain units by the sensors that moved their risk most.

    Parameters
    ----------
    bundle : Bundle
    readings : ndarray of shape (n_units, n_sensors)
    medians : ndarray of shape (n_sensors,)
        Of the bundle's reference window.

    Returns
    -------
    list of str
        For each unit a JSON array of `{"sensor": name, "effect": amount}`, the largest first.
        The effect is the risk as measured less the risk with that sensor at its median: above 0
        where the reading raised the risk. Sensors without effect are left out.

    Raises
    ------
    TooLargeError
        If there are more than `MAX_UNITS` units.
    """
    if len(readings) > MAX_UNITS:
        message = (
            f"at most {MAX_UNITS} units are explained per request, got {len(readings)}. "
            "Send fewer units at a time, or do not ask for the output 'explanation'."
        )
        raise TooLargeError(message)
    names = [bundle.contract.sensors[column] for column in bundle.sensors_read]
    amounts = effects(bundle, readings, medians)
    largest = np.argsort(-np.abs(amounts), axis=1, kind="stable")[:, :N_SENSORS]
    return [
        orjson.dumps(
            [
                {"sensor": names[column], "effect": amounts[unit, column]}
                for column in columns
                if amounts[unit, column]
            ],
            option=orjson.OPT_SERIALIZE_NUMPY,
        ).decode()
        for unit, columns in enumerate(largest.tolist())
    ]
