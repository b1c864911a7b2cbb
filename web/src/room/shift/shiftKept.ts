import type { Purpose } from './purpose'

/** What outlives a reload of the page within one login: purpose and rows made, kept in the tab only. */
export interface ShiftKept { purpose: Purpose; logged: number; since: number }

const key = (principal: string): string => `huiyan.shift.${principal}`

export function shiftBefore(principal: string): ShiftKept | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(key(principal)) ?? 'null') as ShiftKept | null
    return found && typeof found.purpose?.code === 'string' && Number.isFinite(found.logged) ? found : null
  } catch {
    return null
  }
}

export function keepShift(principal: string, kept: ShiftKept | null): void {
  try {
    if (kept) sessionStorage.setItem(key(principal), JSON.stringify(kept))
    else sessionStorage.removeItem(key(principal))
  } catch {
    // asked again after a reload
  }
}
