"""The camera row on the bus: what ingest obeys."""

from huiyan.ingest.v1.camera_pb2 import CameraRow, RecordMode, Sinks
from huiyan_kit import subjects

from huiyan_registry.camera.tables import Camera

BUCKET = "cameras"
# Rows that ingest should know: a suspended camera is not pulled, a retired one is forgotten.
PULLED = frozenset({"active"})


def key_of(camera: Camera) -> str:
    """`<town>.<camera>`."""
    return subjects.key(camera.town, camera.id)


def row_of(camera: Camera) -> bytes | None:
    """The row's bytes; None when ingest must not know the camera."""
    if camera.state not in PULLED:
        return None
    return CameraRow(
        rev=camera.rev,
        town=camera.town,
        camera=camera.id,
        reach=camera.reach,
        main_url=camera.main_url,
        sub_url=camera.sub_url,
        credential=camera.credential,
        max_rtsp_sessions=camera.max_rtsp_sessions,
        sinks=Sinks(live=camera.warm, keys=False, record=RecordMode.RECORD_MODE_OFF),
        off=camera.off,
        uplink_kbps=camera.uplink_kbps,
        household=camera.household or "",
    ).SerializeToString(deterministic=True)
