"""Sound of a simulated camera: a soft chime over a hum, encoded once per farm and looped.

The chime's pitch depends on nothing but this code, and the loop is seamless: the signal's period
divides the loop, and for AAC the packets are taken from the steady state of the encoder.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from huiyan_testing.camera.payload import packetise_aac
from huiyan_testing.camera.route import AudioCodec
from huiyan_testing.camera.sdp import AudioFormat

_AAC_RATE = 16_000
_G711_RATE = 8_000
_AAC_FRAME = 1024  # samples
_G711_FRAME = 320  # samples: 40 ms, one packet per video frame
_ENCODERS = {AudioCodec.PCMA: "pcm_alaw", AudioCodec.PCMU: "pcm_mulaw", AudioCodec.AAC: "aac"}


@dataclass(frozen=True, slots=True)
class AudioLoop:
    format: AudioFormat
    samples_per_packet: int
    payloads: tuple[bytes, ...]


def synthesise(samples: int, rate: int) -> NDArray[np.int16]:
    """One period of the sound, int16 mono: hum, and a decaying chime at its beginning."""
    time_s = np.arange(samples) / rate
    period_s = samples / rate

    def whole_cycles(frequency: float) -> float:
        return round(frequency * period_s) / period_s

    hum = 0.02 * np.sin(2 * np.pi * whole_cycles(110.0) * time_s)
    chime = np.zeros(samples)
    for frequency, delay_s in ((660.0, 0.0), (880.0, 0.35), (990.0, 0.7)):
        age_s = (time_s - delay_s * period_s / 2) % period_s
        attack = np.minimum(age_s / 0.01, 1.0)
        chime += attack * np.exp(-age_s * 6) * np.sin(2 * np.pi * whole_cycles(frequency) * age_s)
    wave = np.clip(hum + 0.2 * chime, -1, 1) * 32767
    return wave.astype(np.int16)


def encode_loop(codec: AudioCodec) -> AudioLoop:
    """About two seconds of sound, ready for RTP."""
    is_aac = codec is AudioCodec.AAC
    rate, frame = (_AAC_RATE, _AAC_FRAME) if is_aac else (_G711_RATE, _G711_FRAME)
    count = 2 * rate // frame
    warm_up = 4 if is_aac else 0
    encoder = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate = rate
    encoder.layout = "mono"
    encoder.format = "fltp" if is_aac else "s16"
    encoder.open()
    period = synthesise(count * frame, rate)
    signal = np.concatenate([period, period])
    packets: list[bytes] = []
    for index in range(count + 2 * warm_up):
        block = signal[index * frame : (index + 1) * frame]
        packets += [bytes(packet) for packet in encoder.encode(_audio_frame(block, rate, is_aac))]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    chosen = packets[warm_up : warm_up + count]
    return AudioLoop(
        AudioFormat(codec, rate, bytes(encoder.extradata or b"")[:2] if is_aac else b""),
        frame,
        tuple(packetise_aac(packet) for packet in chosen) if is_aac else tuple(chosen),
    )


def _audio_frame(block: NDArray[np.int16], rate: int, planar_float: bool) -> av.AudioFrame:
    samples = (block.astype(np.float32) / 32768) if planar_float else block
    frame = av.AudioFrame.from_ndarray(
        samples.reshape(1, -1), format="fltp" if planar_float else "s16", layout="mono"
    )
    frame.sample_rate = rate
    return frame
