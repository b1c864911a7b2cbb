"""The errors of this library, drawn as a tree.

    MediaError (ValueError)
    ├── MediaFrameError   a bus message is not a media frame
    ├── NalError          a NAL unit stream is cut or malformed
    ├── BitstreamError    a bit reader ran past the end of its bytes
    ├── ParameterSetError an SPS, PPS, VPS, avcC or hvcC cannot be read
    ├── RtpError          an RTP packet or payload cannot be read or made
    └── Fmp4Error         a track or a sample cannot be written into fragmented MP4

A parser given any bytes raises an error of this tree and nothing else; the property tests hold
that. The texts never hold payload bytes. Callers map `MediaError` to the kind "malformed input".
"""


class MediaError(ValueError):
    """Any media that this library refuses."""


class MediaFrameError(MediaError):
    """A bus message is not a media frame, or a unit does not fit in one."""


class NalError(MediaError):
    """A NAL unit stream is cut or malformed."""


class BitstreamError(MediaError):
    """A read past the end of a bitstream, or an Exp-Golomb code that is too long."""


class ParameterSetError(MediaError):
    """A parameter set or a decoder configuration record cannot be read."""


class RtpError(MediaError):
    """An RTP packet or RTP payload cannot be read or made."""


class Fmp4Error(MediaError):
    """A track or a sample cannot be written into fragmented MP4."""
