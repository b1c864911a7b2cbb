const QUICK_MS = 100
const QUICK_SPREAD_MS = 400
const FIRST_MS = 1000
const CAP_MS = 8000

/**
 * How long to wait before try number `attempt` (0 = the first after a break), in ms.
 * The first try comes within 500 ms, then 1, 2, 4, 8 s, each ±30 % so that a hall of phones
 * does not knock at a restarted relay in one beat. `random` is in [0, 1).
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  if (attempt <= 0) return QUICK_MS + random * QUICK_SPREAD_MS
  const steady = Math.min(CAP_MS, FIRST_MS * 2 ** (attempt - 1))
  return steady * (0.7 + random * 0.6)
}
