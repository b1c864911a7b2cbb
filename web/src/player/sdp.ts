/** Pure SDP work of the WHEP client (RFC 8866 lines, CRLF). */

/**
 * Drop `.local` (mDNS) candidates: the relay cannot resolve them and would wait about a second for each.
 * The relay learns our address from our own checks (peer-reflexive, RFC 8445 7.3.1.3).
 */
export function withoutLocalNames(sdp: string): string {
  return sdp
    .split(/\r?\n/)
    .filter((line) => !(line.startsWith('a=candidate:') && / [^ ]+\.local /i.test(line)))
    .join('\r\n')
}

const WANTED_AUDIO = new Set(['audio/pcma', 'audio/pcmu'])

/** H.264 in packetisation mode 1 with its retransmission, nothing else: the relay never transcodes. */
export function videoCodecs<C extends { mimeType: string; sdpFmtpLine?: string | undefined }>(all: C[]): C[] {
  const h264 = all.filter((codec) =>
    codec.mimeType.toLowerCase() === 'video/h264' && (codec.sdpFmtpLine ?? '').includes('packetization-mode=1'))
  const rtx = all.filter((codec) => codec.mimeType.toLowerCase() === 'video/rtx')
  return h264.length === 0 ? [] : [...h264, ...rtx]
}

export function audioCodecs<C extends { mimeType: string }>(all: C[]): C[] {
  return all.filter((codec) => WANTED_AUDIO.has(codec.mimeType.toLowerCase()))
}
