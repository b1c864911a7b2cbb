"""The answer to a demand: state, track, and the current GOP within the bounds of the contract."""

from collections.abc import Sequence

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import DemandReply
from huiyan_media import media_frame
from huiyan_media.access_unit import AccessUnit

from huiyan_ingest.causes import Cause, state_of

# NATS carries at most 4 MiB a message; what is left is for state and lengths.
MAX_REPLY_BYTES = 4_000_000


def refusal(cause: Cause) -> DemandReply:
    """An answer without a picture."""
    return DemandReply(state=state_of(cause), cause=cause.value)


def add_gop(reply: DemandReply, units: Sequence[AccessUnit], *, truncated: bool) -> None:
    """Put the GOP into the answer: all of it, else its keyframe, else nothing."""
    reply.truncated = truncated
    messages = [message for unit in units for message in media_frame.encode(unit)]
    if sum(map(len, messages)) > MAX_REPLY_BYTES:
        reply.truncated = True
        messages = media_frame.encode(units[0])
        if sum(map(len, messages)) > MAX_REPLY_BYTES:
            messages = []
    reply.gop.extend(messages)


def online_reply(
    info: pb.TrackInfo, run_id: int, units: Sequence[AccessUnit], *, truncated: bool
) -> DemandReply:
    """An answer with a picture; no units when none were asked for."""
    reply = DemandReply(state=pb.PRESENCE_STATE_ONLINE, track=info, run_id=run_id)
    add_gop(reply, units, truncated=truncated)
    return reply
