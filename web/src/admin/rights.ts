import type { Said } from '@/i18n/words'

export interface Place { page: string; name: Said; icon: string; roles: readonly string[] }

const ROOM = ['room_admin', 'administrator'] as const

/** Pages of administration and who sees them (docs/design/registry.md, Roles). The registry decides again at each call. */
export const PLACES: readonly Place[] = [
  { page: 'people', name: { zh: '人员', en: 'People' }, icon: 'people', roles: ROOM },
  { page: 'cameras', name: { zh: '点位', en: 'Cameras' }, icon: 'cam', roles: ROOM },
  { page: 'households', name: { zh: '住户', en: 'Households' }, icon: 'home', roles: ROOM },
  { page: 'areas', name: { zh: '区划', en: 'Areas' }, icon: 'tree', roles: ROOM },
  { page: 'rooms', name: { zh: '监看室', en: 'Rooms' }, icon: 'wall', roles: ['administrator'] },
  { page: 'register', name: { zh: '登记簿', en: 'Register' }, icon: 'file', roles: ['auditor'] },
  { page: 'why', name: { zh: '为什么能看', en: 'Why may he look' }, icon: 'search', roles: ['administrator', 'auditor'] },
  { page: 'break-glass', name: { zh: '紧急查看', en: 'Break-glass' }, icon: 'shield', roles: ['administrator', 'clerk', 'police', 'auditor'] },
  { page: 'me', name: { zh: '我的账号', en: 'My account' }, icon: 'person', roles: ['room_admin', 'administrator', 'auditor', 'clerk', 'police', 'grid_officer', 'installer'] },
]

export const placesOf = (roles: readonly string[]): Place[] => PLACES.filter((place) => place.roles.some((role) => roles.includes(role)))

const RANK: readonly string[] = ['grid_officer', 'clerk', 'police', 'installer', 'auditor', 'room_admin', 'administrator']

/** Roles that somebody may offer to another: nobody gives a higher one than his own; room administrators appoint clerks and grid officers. */
export function rolesToGive(own: readonly string[]): string[] {
  if (own.includes('administrator')) return [...RANK]
  return own.includes('room_admin') ? ['clerk', 'grid_officer'] : []
}
