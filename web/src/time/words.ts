import type { Said } from '@/i18n/words'

// Screens show UTC+8 everywhere (rules.md 2), whatever the phone's own zone says.
const ZONE_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

interface Clocked { day: number; month: number; date: number; hour: number; hhmm: string }

function clocked(atMs: number): Clocked {
  const shifted = atMs + ZONE_MS
  const when = new Date(shifted)
  const two = (n: number): string => String(n).padStart(2, '0')
  return {
    day: Math.floor(shifted / DAY_MS),
    month: when.getUTCMonth() + 1,
    date: when.getUTCDate(),
    hour: when.getUTCHours(),
    hhmm: `${two(when.getUTCHours())}:${two(when.getUTCMinutes())}`,
  }
}

/** Clock time alone, `09:12`. */
export const hhmm = (atMs: number): string => clocked(atMs).hhmm

/** The civil day in UTC+8 as the API takes it, `2026-11-22`. */
export const civilDay = (atMs: number): string => new Date(atMs + ZONE_MS).toISOString().slice(0, 10)

/** When something happened, as a person says it: `09:12`, `昨晚 23:42`, `昨天 10:05`, `明早 07:00`, `11月20日 08:00`. */
export function moment(atMs: number, nowMs: number): Said {
  const at = clocked(atMs)
  const now = clocked(nowMs)
  const daysAgo = now.day - at.day
  if (daysAgo === 0) return { zh: at.hhmm, en: at.hhmm }
  if (daysAgo === -1) {
    const part = at.hour < 5 ? '夜里' : at.hour < 9 ? '明早' : '明天'
    return { zh: `${part} ${at.hhmm}`, en: `${at.hour < 5 ? 'tonight' : 'tomorrow'} ${at.hhmm}` }
  }
  if (daysAgo === 1) {
    const night = at.hour >= 18
    return { zh: `${night ? '昨晚' : '昨天'} ${at.hhmm}`, en: `${night ? 'last night' : 'yesterday'} ${at.hhmm}` }
  }
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.month - 1] ?? ''
  return { zh: `${at.month}月${at.date}日 ${at.hhmm}`, en: `${at.date} ${month} ${at.hhmm}` }
}

/** How long something took or is ago, in the largest sensible unit: `21 秒`, `4 分钟`, `2 小时 5 分`, `3 天`. */
export function span(ms: number): Said {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return { zh: `${s} 秒`, en: `${s} s` }
  const min = Math.floor(s / 60)
  if (min < 60) return { zh: `${min} 分钟`, en: `${min} min` }
  const h = Math.floor(min / 60)
  if (h < 24) {
    const rest = min % 60
    return rest ? { zh: `${h} 小时 ${rest} 分`, en: `${h} h ${rest} min` } : { zh: `${h} 小时`, en: `${h} h` }
  }
  const d = Math.floor(h / 24)
  return { zh: `${d} 天`, en: d === 1 ? '1 day' : `${d} days` }
}

/** "09:12 断线", "昨晚 23:42 断线". */
export function offlineSince(sinceMs: number | null, nowMs: number): Said {
  if (sinceMs === null) return { zh: '断线', en: 'Offline' }
  const at = moment(sinceMs, nowMs)
  return { zh: `${at.zh} 断线`, en: `Offline since ${at.en}` }
}
