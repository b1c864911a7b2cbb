"""Opens the sealed logins of camera rows with the town's private key."""

from huiyan_kit.sealing import CameraCredential, SealError, open_seal

from huiyan_ingest.causes import CameraError, Cause


class CredentialOpener:
    """Holds the key; an empty one opens nothing."""

    def __init__(self, private_key: str) -> None:
        self._key = private_key

    def open(self, sealed: bytes) -> CameraCredential | None:
        """The login, None where the row has none. CameraError CREDENTIAL_UNREADABLE."""
        if not sealed:
            return None
        try:
            credential = open_seal(sealed, self._key)
        except (SealError, ValueError, TypeError):
            raise CameraError(Cause.CREDENTIAL_UNREADABLE) from None
        # Such characters would end a header line or a quoted string of RTSP.
        if any(char in '"\\' or ord(char) < 32 for char in credential.user):
            raise CameraError(Cause.CREDENTIAL_UNREADABLE)
        return credential
