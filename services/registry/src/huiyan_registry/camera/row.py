"""The camera row on the bus: what ingest obeys."""

from huiyan.ingest.v1.camera_pb2 import CameraRow, RecordMode, Sinks
from huiyan_kit import subjects

from huiyan_registry.camera.tables import Camera
from huiyan_registry.times import ns_of

BUCKET = "cameras"
# Rows that ingest should know: a suspended camera is not pulled, a retired one is forgotten.
# A draft is pulled only while its installer's live check runs (`live_check_until`).
PULLED = frozenset({"active"})


def key_of(camera: Camera) -> str:
    """`<town>.<camera>`."""
    return subjects.key(camera.town, camera.id)


def row_of(camera: Camera) -> bytes | None:
    """The row's bytes; None when ingest must not know the camera."""
    checked_until = camera.live_check_until if camera.state == "draft" else None
    if camera.state not in PULLED and checked_until is None:
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
        sinks=Sinks(
            live=camera.warm or checked_until is not None,
            keys=False,
            record=RecordMode.RECORD_MODE_OFF,
        ),
        valid_until_ns=ns_of(checked_until) if checked_until is not None else 0,
        off=camera.off,
        uplink_kbps=camera.uplink_kbps,
        household=camera.household or "",
    ).SerializeToString(deterministic=True)
