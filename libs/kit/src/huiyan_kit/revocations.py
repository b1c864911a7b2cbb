"""Which grants no longer hold: a pure list, fed from the KV bucket `revocations`."""

from dataclasses import dataclass

from huiyan_kit.grants import Grant


@dataclass(frozen=True, slots=True)
class Revoked:
    """Grants of this subject issued at or before `at_s` (UTC seconds) are void."""

    at_s: float
    reason: str
    spare_own: bool


class RevocationList:
    """Revocations by (town, kind, id); kind is grant, session, principal or camera."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], Revoked] = {}

    def add(self, town: str, kind: str, subject: str, entry: Revoked) -> None:
        """Remember; a later instant replaces an earlier one."""
        known = self._entries.get((town, kind, subject))
        if known is None or known.at_s <= entry.at_s:
            self._entries[(town, kind, subject)] = entry

    def remove(self, town: str, kind: str, subject: str) -> None:
        """Forget (the bucket's TTL outlives every grant)."""
        self._entries.pop((town, kind, subject), None)

    def _hit(self, grant: Grant, kind: str, subject: str) -> Revoked | None:
        entry = self._entries.get((grant.iss, kind, subject))
        if entry is None or grant.iat > entry.at_s:
            return None
        return None if entry.spare_own and grant.own else entry

    def why_void(self, grant: Grant) -> str | None:
        """The reason why the whole grant is void, or None."""
        for kind, subject in (
            ("grant", grant.jti),
            ("session", grant.sid),
            ("principal", grant.sub),
        ):
            if hit := self._hit(grant, kind, subject):
                return hit.reason
        return None

    def why_camera_void(self, grant: Grant, camera: str) -> str | None:
        """The reason why this camera of the grant is void, or None."""
        hit = self._hit(grant, "camera", camera)
        return hit.reason if hit else self.why_void(grant)
