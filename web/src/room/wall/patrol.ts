// 轮巡: page by page through the cameras that may be seen. Time comes from outside.

export const PATROL_EVERY_MS = 15_000

export interface Patrol {
  readonly page: number
  readonly pages: number
  /** When the next page comes, ms. */
  readonly nextAt: number
}

/** Cameras in pages of `size`; the last page may be short. */
export function pagesOf(cameras: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(cameras.length / size) }, (_, page) => cameras.slice(page * size, (page + 1) * size))
}

/** Begin with the page after the one that shows most of what is on the wall now. */
export function begun(pages: readonly string[][], shown: readonly (string | null)[], now: number): Patrol {
  const standing = new Set(shown.filter((camera) => camera !== null))
  const common = pages.map((page) => page.filter((camera) => standing.has(camera)).length)
  const most = Math.max(0, ...common)
  const current = most > 0 ? common.indexOf(most) : -1
  return { page: pages.length ? (current + 1) % pages.length : 0, pages: pages.length, nextAt: now + PATROL_EVERY_MS }
}

/** The patrol at `now`; the same object while the page stands. A sleeping computer turns one page, not fifty. */
export function turned(patrol: Patrol, now: number): Patrol {
  if (patrol.pages < 2 || now < patrol.nextAt) return patrol
  return { ...patrol, page: (patrol.page + 1) % patrol.pages, nextAt: now + PATROL_EVERY_MS }
}

/** Whole seconds until the next page, for the countdown. */
export const secondsLeft = (patrol: Patrol, now: number): number => Math.max(0, Math.ceil((patrol.nextAt - now) / 1000))
