import type { Hours } from '@/api/household'
import type { Said } from '@/i18n/words'

// When a consent holds, as a person picks it. Times are UTC+8, as everywhere on screens.

export type HoursKind = 'all' | 'day' | 'night' | 'own'
export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
const DAY = { from: '06:00', to: '22:00' }
const NIGHT = { from: '22:00', to: '06:00' }
const NAMES: Said[] = [
  { zh: '一', en: 'Mon' }, { zh: '二', en: 'Tue' }, { zh: '三', en: 'Wed' }, { zh: '四', en: 'Thu' },
  { zh: '五', en: 'Fri' }, { zh: '六', en: 'Sat' }, { zh: '日', en: 'Sun' },
]
export const dayName = (day: number): Said => NAMES[day - 1] ?? { zh: '', en: '' }

const everyDay = (days: number[]): boolean => EVERY_DAY.every((day) => days.includes(day))
const same = (one: Hours, span: { from: string; to: string }): boolean => everyDay(one.days) && one.from === span.from && one.to === span.to

export function kindOf(hours: Hours[]): HoursKind {
  const [one] = hours
  if (!one) return 'all'
  if (hours.length === 1 && same(one, DAY)) return 'day'
  return hours.length === 1 && same(one, NIGHT) ? 'night' : 'own'
}

/** What is sent for a choice; `own` counts only when `own` was chosen. */
export function hoursOf(kind: HoursKind, own: Hours): Hours[] {
  if (kind === 'all') return []
  if (kind === 'own') return [{ ...own, days: [...own.days].sort() }]
  return [{ days: EVERY_DAY, ...(kind === 'day' ? DAY : NIGHT) }]
}

/** "只在夜里 22:00–6:00", "只在周六、周日 8:00–12:00"; null for all day. */
export function hoursSaid(hours: Hours[]): Said | null {
  const kind = kindOf(hours)
  if (kind === 'all') return null
  const each = hours.map((one) => {
    const times = `${short(one.from)}–${short(one.to)}`
    if (kind === 'day') return { zh: `白天 ${times}`, en: `by day ${times}` }
    if (kind === 'night') return { zh: `夜里 ${times}`, en: `at night ${times}` }
    if (everyDay(one.days)) return { zh: `每天 ${times}`, en: `daily ${times}` }
    return {
      zh: `${one.days.map((day) => `周${dayName(day).zh}`).join('、')} ${times}`,
      en: `${one.days.map((day) => dayName(day).en).join(', ')} ${times}`,
    }
  })
  return { zh: `只在${each.map(({ zh }) => zh).join('；')}`, en: `Only ${each.map(({ en }) => en).join('; ')}` }
}

const short = (time: string): string => time.replace(/^0(?=\d:)/, '').replace(/:00:00$/, ':00')

/** An own choice that cannot be sent: no day, or a span without length. */
export const emptyHours = (own: Hours): boolean => own.days.length === 0 || !own.from || !own.to || own.from === own.to
