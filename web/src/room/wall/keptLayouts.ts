import { MODES, PLACES, type Layout, type Mode } from './layout'

/** Layouts of one account, one per scope of the rail (`all`, a group, `watch`). */
export interface Kept { mode: Mode; scopes: Record<string, (string | null)[]> }

const key = (account: string): string => `huiyan.wall.${account}`

/** What was kept, however old or damaged it may be; null when there is nothing to use. */
export function readKept(text: string | null): Kept | null {
  if (text === null) return null
  try {
    const found = JSON.parse(text) as Partial<Kept> | null
    if (!found || typeof found !== 'object' || !MODES.includes(found.mode as Mode)) return null
    const scopes: Kept['scopes'] = {}
    for (const [scope, tiles] of Object.entries(found.scopes ?? {})) {
      if (Array.isArray(tiles)) scopes[scope] = Array.from({ length: PLACES }, (_, i) => (typeof tiles[i] === 'string' ? tiles[i] : null))
    }
    return { mode: found.mode as Mode, scopes }
  } catch {
    return null
  }
}

export function keptBefore(account: string): Kept | null {
  try {
    return readKept(localStorage.getItem(key(account)))
  } catch {
    return null // storage forbidden: the wall begins in number order each time
  }
}

export function keep(account: string, kept: Kept, scope: string, layout: Layout): Kept {
  const next: Kept = { mode: layout.mode, scopes: { ...kept.scopes, [scope]: [...layout.tiles] } }
  try {
    localStorage.setItem(key(account), JSON.stringify(next))
  } catch {
    // kept for this page only
  }
  return next
}
