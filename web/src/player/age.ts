const RTP_PER_MS = 90

/** Signed distance a − b on the u32 circle, in 90 kHz ticks: right as long as the two are < 6.6 h apart. */
export const rtpDelta = (a: number, b: number): number => (a - b) | 0

export interface NewestSent {
  /** RTP timestamp of the newest unit the relay has sent, u32. */
  rtp: number
  /** When that unit was captured, relay clock, epoch ms. */
  captured_at: number
}

/**
 * Age of the frame on screen in ms: now − (captured_at + (rtp_of_shown − rtp) / 90), contracts.md.
 * `serverNow` is the relay's clock. Small negatives come from clock jitter and are shown as 0.
 */
export function frameAgeMs(rtpShown: number, newest: NewestSent, serverNow: number): number {
  const captured = newest.captured_at + rtpDelta(rtpShown, newest.rtp) / RTP_PER_MS
  return Math.max(0, serverNow - captured)
}
