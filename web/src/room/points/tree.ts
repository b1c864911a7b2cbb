import type { Area, Camera } from '@/api/types'

/** One visible line of the tree, as the WAI-ARIA tree pattern wants it told. */
export interface Row {
  key: string
  kind: 'area' | 'camera'
  name: string
  depth: number
  place: number
  siblings: number
  parent: string | null
  expanded: boolean | null
  area: Area | null
  camera: Camera | null
}

export const areaKey = (code: string): string => `area:${code}`
export const cameraKey = (id: string): string => `camera:${id}`

/** By number, those without one last, then by name: the order people know their cameras in. */
export function inNumberOrder(a: Camera, b: Camera): number {
  return (a.number ?? Infinity) - (b.number ?? Infinity) || a.name.localeCompare(b.name, 'zh') || (a.id < b.id ? -1 : 1)
}

/** Every word of the query must be in name, number, place or group. */
export function matches(camera: Camera, query: string): boolean {
  const text = `${camera.number ?? ''} ${camera.name} ${camera.group_name ?? ''} ${camera.area_name}`.toLowerCase()
  return query.toLowerCase().split(/[\s·]+/).filter(Boolean).every((word) => text.includes(word))
}

export const found = (cameras: Iterable<Camera>, query: string): Camera[] =>
  [...cameras].filter((camera) => matches(camera, query)).sort(inNumberOrder)

/** Codes from the roots down to where the first choice begins: what is open when the tree is first shown. */
export function openAtFirst(roots: readonly Area[]): string[] {
  const open: string[] = []
  let here = roots
  while (here.length > 0) {
    open.push(...here.map((area) => area.code))
    if (here.length > 1 || here[0]?.level === 'village') break
    here = here[0]?.children ?? []
  }
  return open
}

/**
 * The visible lines: areas that are open show their areas, then their own cameras. With `keep` (search results, a group)
 * only areas that hold one of these cameras are shown, all open.
 */
export function rowsOf(roots: readonly Area[], cameras: Iterable<Camera>, open: ReadonlySet<string>, keep: readonly Camera[] | null = null): Row[] {
  const byArea = new Map<string, Camera[]>()
  for (const camera of keep ?? cameras) byArea.set(camera.area, [...(byArea.get(camera.area) ?? []), camera])
  const holds = (area: Area): boolean => byArea.has(area.code) || area.children.some(holds)
  const rows: Row[] = []
  const walk = (areas: readonly Area[], depth: number, parent: string | null, also: readonly Camera[]): void => {
    const shown = keep === null ? areas : areas.filter(holds)
    const siblings = shown.length + also.length
    shown.forEach((area, i) => {
      const own = (byArea.get(area.code) ?? []).sort(inNumberOrder)
      const leaf = area.children.length === 0 && own.length === 0 && area.cameras === 0
      const expanded = leaf ? null : keep !== null || open.has(area.code)
      rows.push({ key: areaKey(area.code), kind: 'area', name: area.name, depth, place: i + 1, siblings, parent, expanded, area, camera: null })
      if (expanded) walk(area.children, depth + 1, areaKey(area.code), own)
    })
    also.forEach((camera, i) => {
      rows.push({ key: cameraKey(camera.id), kind: 'camera', name: camera.name, depth, place: shown.length + i + 1, siblings, parent, expanded: null, area: null, camera })
    })
  }
  const known = new Set<string>()
  const codes = (areas: readonly Area[]): void => areas.forEach((area) => { known.add(area.code); codes(area.children) })
  codes(roots)
  // A camera whose area is not in the tree (yet) is still somewhere: at the end.
  walk(roots, 1, null, [...byArea].filter(([code]) => !known.has(code)).flatMap(([, list]) => list).sort(inNumberOrder))
  return rows
}

export type TreeMove =
  | { to: string }
  | { open: string }
  | { close: string }
  | null

/** What an arrow, Home or End does on the line `key` (WAI-ARIA APG, tree view). */
export function treeMove(rows: readonly Row[], key: string, pressed: string): TreeMove {
  const at = rows.findIndex((row) => row.key === key)
  const row = rows[at]
  const go = (index: number): TreeMove => (rows[index] ? { to: rows[index].key } : null)
  if (!row) return go(0)
  switch (pressed) {
    case 'ArrowDown': return go(at + 1)
    case 'ArrowUp': return go(at - 1)
    case 'Home': return go(0)
    case 'End': return go(rows.length - 1)
    case 'ArrowRight':
      if (row.expanded === false) return { open: row.key }
      return row.expanded ? go(at + 1) : null
    case 'ArrowLeft':
      if (row.expanded) return { close: row.key }
      return row.parent ? { to: row.parent } : null
    default: return null
  }
}

/** Type-ahead: the next line whose name holds what was typed, beginning after `key`, round the end. */
export function typedTo(rows: readonly Row[], key: string, typed: string): string | null {
  const at = rows.findIndex((row) => row.key === key)
  const from = typed.length > 1 ? at : at + 1 // a growing word may stay where it is
  const turned = [...rows.slice(Math.max(0, from)), ...rows.slice(0, Math.max(0, from))]
  const wanted = typed.toLowerCase()
  const hit = turned.find((row) => row.name.toLowerCase().startsWith(wanted)) ?? turned.find((row) => row.name.toLowerCase().includes(wanted))
  return hit?.key ?? null
}
