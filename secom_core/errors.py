"""Every error this project raises on purpose.

::

    SecomError
    ├── ConfigError        a setting is out of range, or two settings conflict
    ├── DataError          source data cannot be used
    │   ├── SourceError    the source is missing, unreachable or not what it claims to be
    │   └── FormatError    a file breaks the SECOM format; says where
    ├── ContractError      readings do not fit the sensors that a bundle was fitted on
    │   ├── SensorCountError
    │   ├── ReadingTypeError
    │   └── InfiniteReadingError
    ├── EvidenceError      too little data to compute a figure
    │   ├── EmptyWindowError
    │   └── OneClassError
    ├── OutcomeError       outcomes of units cannot be used
    ├── RecordError        recorded predictions are damaged or do not belong together
    ├── WindowError        recorded windows of drift cannot be read, or not be judged together
    ├── VerdictError       a recorded verdict of the gate cannot be read
    ├── ExportError        the ONNX form answers differently from the fitted pipeline
    ├── BundleError        a bundle is damaged, foreign or not trusted
    ├── StoreError         the object store refused, is away or holds something unexpected
    │   ├── ObjectNotFoundError
    │   └── ConflictError  somebody else wrote first
    ├── HoldError          the champion is frozen, and nothing may be promoted
    ├── TrackingError      MLflow refused or is away
    ├── RolloutError       Kubernetes refused, is away, or what was rolled out does not serve
    │   └── LostLeaseError another roll-out has taken over
    ├── RunError           a pipeline run failed; carries the reason that its stage gave
    ├── RequestError       what a client sent the monitor cannot be understood
    └── StandbyError       another monitor may hold the lease, and this one must not act

Whoever calls this project from the command line sees the message and exit code 2; a client of the
server sees it as 400 (`ContractError`, `RequestError`). Messages name the offending value, what was
expected and what to do.
"""

from __future__ import annotations


class SecomError(Exception):
    """Base of every error that is the caller's to mend."""


class ConfigError(SecomError):
    """A setting is out of range, or two settings conflict."""


class DataError(SecomError):
    """Source data cannot be used."""


class SourceError(DataError):
    """The source is missing, unreachable or not what it claims to be."""


class FormatError(DataError):
    """A file breaks the SECOM format."""


class ContractError(SecomError):
    """Readings do not fit the sensors that a bundle was fitted on."""


class SensorCountError(ContractError):
    """A unit does not carry one reading per contracted sensor."""

    def __init__(self, got: int, expected: int) -> None:
        super().__init__(got, expected)
        self.got, self.expected = got, expected

    def __str__(self) -> str:
        return (
            f"expected {self.expected} readings per unit, got {self.got}. "
            "Send every sensor in contract order; use NaN for one not measured."
        )


class ReadingTypeError(ContractError):
    """Readings are not real numbers in a table of units by sensors."""


class InfiniteReadingError(ContractError):
    """A reading is infinite; a sensor that was not measured is NaN."""

    def __init__(self, *, unit: int, sensor: str, value: float) -> None:
        super().__init__(unit, sensor, value)
        self.unit, self.sensor, self.value = unit, sensor, value

    def __str__(self) -> str:
        return (
            f"{self.sensor} of unit {self.unit} (counted from 0) reads {self.value}; "
            "expected a finite number, or NaN for one not measured."
        )


class EvidenceError(SecomError):
    """Too little data to compute a figure."""


class EmptyWindowError(EvidenceError):
    """A window holds no units."""


class OneClassError(EvidenceError):
    """A figure needs passes and fails, and one of them is absent."""


class OutcomeError(SecomError):
    """Outcomes of units cannot be used."""


class RecordError(SecomError):
    """Recorded predictions are damaged or do not belong together."""


class WindowError(SecomError):
    """Recorded windows of drift cannot be read, or not be judged together."""


class VerdictError(SecomError):
    """A recorded verdict of the gate cannot be read."""


class ExportError(SecomError):
    """The ONNX form answers differently from the fitted pipeline."""


class BundleError(SecomError):
    """A bundle is damaged, foreign or not trusted."""


class StoreError(SecomError):
    """The object store refused, is away or holds something unexpected."""


class ObjectNotFoundError(StoreError):
    """No object lies at that address."""


class ConflictError(StoreError):
    """Somebody else wrote this object first."""


class TrackingError(SecomError):
    """MLflow refused or is away."""


class HoldError(SecomError):
    """The champion is frozen, and nothing may be promoted."""


class RolloutError(SecomError):
    """Kubernetes refused, is away, or what was rolled out does not serve."""


class LostLeaseError(RolloutError):
    """Another roll-out has taken over, so that this one must not touch anything more."""


class RunError(SecomError):
    """A pipeline run failed; the message is the reason that its stage gave."""


class RequestError(SecomError):
    """What a client sent the monitor cannot be understood."""


class StandbyError(SecomError):
    """Another monitor may hold the lease, so that this one must not act."""
