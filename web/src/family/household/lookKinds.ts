import type { Look } from '@/api/types'
import { say, type Said } from '@/i18n/words'

const ROLES: Record<string, Said> = {
  household_owner: { zh: '户主', en: 'owner' }, relative: { zh: '家里人', en: 'family' }, clerk: { zh: '值班员', en: 'clerk' },
  police: { zh: '民警', en: 'police' }, grid_officer: { zh: '网格员', en: 'grid officer' }, installer: { zh: '装维师傅', en: 'technician' },
  probe: { zh: '画面探测（机器，检修时）', en: 'probe (a machine, under maintenance)' },
}

export type LookedUnder = 'family' | 'outside' | 'emergency'

/** Under what somebody looked: as family, as staff, or by break-glass (rules.md P14). */
export function lookedUnder(look: Look): LookedUnder {
  if (look.break_glass) return 'emergency'
  return look.own ?? (look.role === 'relative' || look.role === 'household_owner') ? 'family' : 'outside'
}

export const roleSaid = (look: Look): string => [ROLES[look.role] ? say(ROLES[look.role] as Said) : '', look.purpose_text ?? ''].filter(Boolean).join(' · ')
