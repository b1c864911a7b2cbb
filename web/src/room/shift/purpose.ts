import type { PurposeCode } from '@/api/types'
import type { Said } from '@/i18n/words'

export interface Purpose { code: PurposeCode; text: string }

export const PURPOSES: { code: PurposeCode; name: Said }[] = [
  { code: 'patrol', name: { zh: '日常巡看', en: 'Routine patrol' } },
  { code: 'alarm', name: { zh: '核实告警', en: 'Check an alarm' } },
  { code: 'search', name: { zh: '找人找物', en: 'Find a person or thing' } },
  { code: 'dispute', name: { zh: '调解纠纷', en: 'Settle a dispute' } },
  { code: 'flood', name: { zh: '防汛', en: 'Flood watch' } },
  { code: 'fire', name: { zh: '防火', en: 'Fire watch' } },
  { code: 'maintenance', name: { zh: '维护检修', en: 'Maintenance' } },
  { code: 'other', name: { zh: '其他', en: 'Other' } },
]

export type PurposeFault = 'needs_text' | 'too_vague'

// rules.md P2: a word that fits everything says nothing.
const VAGUE = /^(安全|为了安全|安全需要|安全原因|看看|safety|security|safe)[。.!！\s]*$/i

/** What is wrong with a purpose, null when it will do. */
export function purposeFault({ code, text }: Purpose): PurposeFault | null {
  const said = text.trim()
  if (VAGUE.test(said)) return 'too_vague'
  if (code === 'other' && said.length < 2) return 'needs_text'
  return null
}

export function purposeName({ code, text }: Purpose): Said {
  const name = PURPOSES.find((one) => one.code === code)?.name ?? { zh: code, en: code }
  return code === 'other' && text ? { zh: text, en: text } : name
}
