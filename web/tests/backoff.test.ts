import { describe, expect, it } from 'vitest'
import { reconnectDelayMs } from '@/player/backoff'

describe('reconnection', () => {
  it('tries first within half a second, wherever the dice fall', () => {
    expect(reconnectDelayMs(0, 0)).toBeGreaterThan(0)
    expect(reconnectDelayMs(0, 0.999)).toBeLessThanOrEqual(500)
  })

  it('then doubles to a cap, spread by 30 % each way', () => {
    expect([1, 2, 3, 4, 5, 50].map((attempt) => reconnectDelayMs(attempt, 0.5))).toEqual([1000, 2000, 4000, 8000, 8000, 8000])
    expect(reconnectDelayMs(4, 0)).toBeCloseTo(5600)
    expect(reconnectDelayMs(4, 1)).toBeCloseTo(10_400)
  })
})
