import type { Said } from '@/i18n/words'
import { hhmm } from '@/time/words'

export interface OffChoice { said: Said; untilMs: number | null }

const HOUR_MS = 3_600_000
const ZONE_MS = 8 * HOUR_MS
const DAY_MS = 24 * HOUR_MS

/** The next time it is `hour` o'clock in UTC+8, at least half an hour from now. */
function nextAt(hour: number, nowMs: number): number {
  const midnight = Math.floor((nowMs + ZONE_MS) / DAY_MS) * DAY_MS - ZONE_MS
  const today = midnight + hour * HOUR_MS
  return today - nowMs >= HOUR_MS / 2 ? today : today + DAY_MS
}

/** 关到几点: one hour, this evening (by day) or tomorrow morning, or until the owner turns it on. */
export function offChoices(nowMs: number): OffChoice[] {
  const hour = nowMs + HOUR_MS
  const evening = nextAt(20, nowMs)
  const morning = nextAt(7, nowMs)
  const choices: OffChoice[] = [
    { said: { zh: `1 小时，到 ${hhmm(hour)}`, en: `1 hour, until ${hhmm(hour)}` }, untilMs: hour },
  ]
  if (evening < morning) choices.push({ said: { zh: '到今晚 8 点', en: 'Until 8 pm' }, untilMs: evening })
  const sameDay = Math.floor((morning + ZONE_MS) / DAY_MS) === Math.floor((nowMs + ZONE_MS) / DAY_MS)
  choices.push(
    { said: sameDay ? { zh: '到早上 7 点', en: 'Until 7 am' } : { zh: '到明早 7 点', en: 'Until 7 am tomorrow' }, untilMs: morning },
    { said: { zh: '一直关，等我打开', en: 'Until I turn it on' }, untilMs: null },
  )
  return choices
}
