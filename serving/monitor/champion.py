"""Who has been champion, as the monitor saw it, and the champion's bundle."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.errors import ConflictError, StoreError
from secom_core.store import Champion, Store, documents, fetch_bundle, read_champion
from secom_core.store.journal import Entry, Journal

FOLDER = "monitor/champions/"

Kind = Literal["first", "promotion", "rollback"]

_MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """A champion, from when it was first seen.

    Parameters
    ----------
    digest : str
    run_id : str
        Pipeline run that promoted it, or made it where it was reinstated.
    kind : str
        first: nothing is known of who was before; rollback: it had been champion before, or came
        without the gate.
    began_at : datetime
        When the monitor first saw it, by the store's clock.
    """

    digest: str
    run_id: str
    kind: Kind
    began_at: datetime


class Champions:
    """The history of the champion pointer.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store, self._journal = store, Journal(store, FOLDER)
        self._reigns: tuple[Reign, ...] = ()

    @property
    def reigns(self) -> tuple[Reign, ...]:
        """All that were seen, the present one last."""
        return self._reigns

    @property
    def changes(self) -> Mapping[str, int]:
        """Times that the champion changed, by kind."""
        kinds = Counter(reign.kind for reign in self._reigns)
        return {kind: kinds[kind] for kind in ("promotion", "rollback")}

    def look(self) -> Champion | None:
        """Return the champion, and write it down if it is another one than before.

        Raises
        ------
        StoreError
            If the store is away or refuses, or the pointer or the history is damaged.
        """
        champion = read_champion(self._store)
        for _ in range(_MAX_TRIES):
            self.read_on()
            if champion is None or self._is_present(champion):
                return champion
            try:
                self._append(champion)
            except ConflictError:
                # Another monitor has seen it as well, or a later one: look again.
                champion = read_champion(self._store)
        message = (
            f"the champion changed {_MAX_TRIES} times while {self._store.address(FOLDER)} was "
            "written. Let one monitor run, and try again."
        )
        raise ConflictError(message)

    def _is_present(self, champion: Champion) -> bool:
        return bool(self._reigns) and self._reigns[-1].digest == champion.digest

    def _append(self, champion: Champion) -> None:
        fields = {
            "digest": champion.digest,
            "run_id": champion.run_id,
            "kind": self._kind_of(champion),
        }
        self._journal.append(documents.to_bytes(fields), after=len(self._reigns))

    def _kind_of(self, champion: Champion) -> Kind:
        if not self._reigns:
            return "first"
        was_before = any(reign.digest == champion.digest for reign in self._reigns)
        # The gate names the units on which it judged; who reinstates knows of none but the gate's.
        return "rollback" if was_before or not champion.holdout_digest else "promotion"

    def read_on(self) -> None:
        """Read what was written down since, and write nothing; raises as `look` does."""
        entries = self._journal.read(after=len(self._reigns))
        self._reigns += tuple(self._reign(entry) for entry in entries)

    def _reign(self, entry: Entry) -> Reign:
        try:
            fields = documents.from_bytes(entry.content)
            return Reign(**fields, began_at=entry.written_at)
        except (TypeError, ValueError) as exc:
            message = (
                f"entry {entry.number} in {self._store.address(FOLDER)} is none of this version "
                f"({exc}). Restore it from a backup of the store, or delete the folder: the "
                "history then begins anew."
            )
            raise StoreError(message) from exc


class BundleAtHand:
    """The champion's bundle, fetched and verified once.

    Parameters
    ----------
    store : Store
    scratch : Path
        A folder of this process's own, for one bundle at a time.
    """

    def __init__(self, store: Store, scratch: Path) -> None:
        self._store, self._folder = store, scratch / "bundle"
        self._bundle: Bundle | None = None

    def get(self, digest: str) -> Bundle:
        """Return the bundle of that digest.

        Raises
        ------
        BundleError
            If it is damaged or of another version.
        StoreError
            If the store is away or refuses, or holds no such bundle.
        """
        if self._bundle is None or self._bundle.digest != digest:
            self._bundle = None
            shutil.rmtree(self._folder, ignore_errors=True)
            self._bundle = bundle.read(fetch_bundle(self._store, digest, self._folder / digest))
        return self._bundle
