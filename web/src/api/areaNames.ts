import type { Area } from './types'

/**
 * The tree with names that tell areas apart: after two villages merged, one village has two 一社. The end of the code
 * (village and group) stands behind each of those, as on the lists of the village.
 */
export function distinct(areas: readonly Area[]): Area[] {
  const count = new Map<string, number>()
  for (const { name } of areas) count.set(name, (count.get(name) ?? 0) + 1)
  return areas.map((area) => ({
    ...area,
    name: (count.get(area.name) ?? 0) > 1 ? `${area.name}（${area.code.slice(-6)}）` : area.name,
    children: distinct(area.children),
  }))
}
