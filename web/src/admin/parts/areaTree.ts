import type { Area } from '@/api/types'

export interface AreaLine { code: string; name: string; level: string; depth: number; path: string }

/** The tree as lines, parents before children; `path` names it whole: 双板镇 新寨村 二社. */
export function linesOf(areas: readonly Area[], depth = 0, above = ''): AreaLine[] {
  return areas.flatMap((area) => {
    const path = above ? `${above} ${area.name}` : area.name
    return [{ code: area.code, name: area.name, level: area.level, depth, path }, ...linesOf(area.children, depth + 1, path)]
  })
}

/** The name of an area with its parents, or the code when it is not in the tree. */
export const pathOf = (lines: readonly AreaLine[], code: string | null): string =>
  (code === null ? '—' : lines.find((line) => line.code === code)?.path ?? code)

export const isWithin = (code: string, parent: string): boolean => {
  const bare = parent.length === 12 ? parent.replace(/(000){1,2}$/, '') : parent
  return code.startsWith(bare)
}
