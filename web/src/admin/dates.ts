import { instant, type Instant } from '@/api/types'
import { locale, type Said } from '@/i18n/words'
import { civilDay, moment } from '@/time/words'

const ZONE_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

/** A civil day and clock time in UTC+8 as typed (`2026-11-22`, `2026-11-22T08:30`) to epoch ms; null when unreadable. */
export function fromClock(typed: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?/.test(typed)) return null // engines guess at anything else
  const ms = Date.parse(typed.length === 10 ? `${typed}T00:00:00Z` : `${typed.slice(0, 16)}:00Z`)
  return Number.isFinite(ms) ? ms - ZONE_MS : null
}
export const toClock = (ms: number): string => new Date(ms + ZONE_MS).toISOString().slice(0, 16)

/** Bounds of the days `from` … `to` (both included, UTC+8) as the API takes them. */
export function period(from: string, to: string): { from?: string; to?: string } {
  const start = from ? fromClock(from) : null
  const end = to ? fromClock(to) : null
  return {
    ...(start === null ? {} : { from: new Date(start).toISOString() }),
    ...(end === null ? {} : { to: new Date(end + DAY_MS).toISOString() }),
  }
}

/** Whole days until an instant, negative when past. */
export const daysLeft = (until: Instant, nowMs: number): number | null => {
  const ms = instant(until)
  return ms === null ? null : Math.floor((ms + ZONE_MS) / DAY_MS) - Math.floor((nowMs + ZONE_MS) / DAY_MS)
}

export const dayLater = (days: number, nowMs = Date.now()): string => civilDay(nowMs + days * DAY_MS)

/** `2026年11月22日`: documents say the year. */
export function longDay(at: Instant | null | undefined): string {
  const ms = instant(at)
  if (ms === null) return '—'
  const [year, month, day] = civilDay(ms).split('-').map(Number)
  if (locale.value === 'zh') return `${year}年${month}月${day}日`
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', day: 'numeric', month: 'short', year: 'numeric' }).format(ms)
}

export function when(at: Instant | null | undefined, nowMs = Date.now()): Said {
  const ms = instant(at)
  return ms === null ? { zh: '—', en: '—' } : moment(ms, nowMs)
}
