import { describe, expect, it } from 'vitest'
import { frameAgeMs, rtpDelta } from '@/player/age'
import { ServerClock } from '@/player/clock'

describe('age of the frame shown', () => {
  it('is now minus capture, corrected by the RTP distance', () => {
    // The newest unit sent was captured at 10 000; the one shown is 9000 ticks (100 ms) older.
    expect(frameAgeMs(900_000, { rtp: 909_000, captured_at: 10_000 }, 10_050)).toBe(150)
  })

  it('survives the wrap of the 32-bit RTP clock both ways', () => {
    expect(rtpDelta(45, 0xffff_ffff - 44)).toBe(90)
    expect(rtpDelta(0xffff_ffff - 44, 45)).toBe(-90)
    expect(frameAgeMs(0xffff_ffff - 8_999, { rtp: 0, captured_at: 5_000 }, 5_000)).toBe(100)
    expect(frameAgeMs(9_000, { rtp: 0xffff_ffff - 8_999, captured_at: 5_000 }, 5_300)).toBeCloseTo(100, 5)
  })

  it('shows clock jitter as zero, not as a picture from the future', () => {
    expect(frameAgeMs(0, { rtp: 0, captured_at: 1_000 }, 990)).toBe(0)
  })
})

describe('the clock of the relay', () => {
  it('is unknown before the first pong', () => {
    expect(new ServerClock().at(5)).toBeNull()
  })

  it('believes the ping with the shortest trip', () => {
    const clock = new ServerClock()
    clock.heard(0, 1_100, 100) // offset 1050, rtt 100
    clock.heard(1_000, 2_005, 1_010) // offset 1000, rtt 10
    clock.heard(2_000, 3_300, 2_400) // offset 1100, rtt 400
    expect(clock.offset).toBe(1_000)
    expect(clock.at(50)).toBe(1_050)
  })

  it('forgets: a clock that was set is followed after 8 pings', () => {
    const clock = new ServerClock()
    clock.heard(0, 500, 1)
    for (let i = 0; i < 8; i++) clock.heard(i * 10, i * 10 + 2_000, i * 10 + 4)
    expect(clock.offset).toBe(1_998)
  })

  it('ignores a trip that ended before it began', () => {
    const clock = new ServerClock()
    clock.heard(100, 100, 50)
    expect(clock.offset).toBeNull()
  })
})
