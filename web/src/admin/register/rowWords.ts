import type { RegisterRow } from '@/api/register'
import { instant } from '@/api/types'
import type { Said } from '@/i18n/words'
import { PURPOSES } from '@/room/shift/purpose'

/** Whole seconds between first and last frame; null when no frame was ever sent. */
export function secondsOf(row: Pick<RegisterRow, 'first_frame_at' | 'last_frame_at'>): number | null {
  const first = instant(row.first_frame_at)
  const last = instant(row.last_frame_at) ?? first
  return first === null || last === null ? null : Math.max(1, Math.round((last - first) / 1000))
}

/** A purpose as the row tells it: `日常巡看`, `其他：找走失的老人`, the same with a code, or both apart. */
export function purposeSaid(purpose: RegisterRow['purpose']): { code: string; said: Said } {
  if (purpose === null) return { code: '', said: { zh: '—', en: '—' } }
  const [code, text] = typeof purpose === 'string' ? split(purpose) : [purpose.code, purpose.text ?? '']
  const known = PURPOSES.find((one) => one.code === code || one.name.zh === code)
  if (!known) return { code: '', said: { zh: text || code, en: text || code } }
  const { zh, en } = known.name
  return { code: known.code, said: text ? { zh: `${zh}：${text}`, en: `${en}: ${text}` } : known.name }
}

function split(whole: string): [string, string] {
  const [, code = whole, text = ''] = /^([^:：]+)\s*[:：]\s*(.*)$/s.exec(whole) ?? []
  return [code, text]
}
