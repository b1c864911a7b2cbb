import type { Area, Camera } from '@/api/types'
import type { Said } from '@/i18n/words'
import { inNumberOrder } from './tree'
import { isWatchPoint } from './siteKinds'

/** One entry of the rail: everything, a group (or village, town), or the watch points. */
export interface Scope { key: string; name: Said; cameras: number; offline: number }

const WHOLE: Record<string, Said> = {
  county: { zh: '全县', en: 'County' }, town: { zh: '全镇', en: 'Town' },
  village: { zh: '全村', en: 'Village' }, group: { zh: '全社', en: 'Group' },
}

/** The area where the choice begins: a root with a single child says nothing. */
export function heart(roots: readonly Area[]): Area | null {
  let here = roots.length === 1 ? roots[0] ?? null : null
  while (here && here.level !== 'village' && here.children.length === 1) here = here.children[0] ?? null
  return here
}

export const isGone = (camera: Camera): boolean => camera.presence.state !== 'online' && camera.presence.state !== 'off' && camera.presence.state !== 'connecting'

/** A child area holds its own cameras and those below it: codes are prefixes once trailing zeros are cut. */
export function inArea(camera: Camera, code: string): boolean {
  return camera.area === code || camera.area.startsWith(code.replace(/(000)+$/, ''))
}

export function inScope(camera: Camera, scope: string): boolean {
  if (scope === 'all') return true
  if (scope === 'watch') return isWatchPoint(camera.site_kind)
  return inArea(camera, scope)
}

export function scopesOf(roots: readonly Area[], cameras: readonly Camera[], complete: boolean): Scope[] {
  const top = heart(roots)
  const children = top ? top.children : roots
  const counted = (key: string, name: Said, area: Area | null): Scope => {
    if (!complete && area) return { key, name, cameras: area.cameras, offline: area.cameras - area.online }
    const own = cameras.filter((camera) => inScope(camera, key))
    return { key, name, cameras: own.length, offline: own.filter(isGone).length }
  }
  const whole = (top && WHOLE[top.level]) || { zh: '全部', en: 'All' }
  const watch = counted('watch', { zh: '重点', en: 'Watch' }, null)
  return [
    counted('all', whole, top),
    ...children.map((area) => counted(area.code, { zh: area.name, en: area.name }, area)),
    ...(watch.cameras > 0 ? [watch] : []),
  ]
}

export const camerasOf = (cameras: readonly Camera[], scope: string): Camera[] =>
  cameras.filter((camera) => inScope(camera, scope)).sort(inNumberOrder)
