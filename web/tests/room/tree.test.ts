import { describe, expect, it } from 'vitest'
import type { Area, Camera } from '@/api/types'
import { camerasOf, heart, inArea, scopesOf } from '@/room/points/scopes'
import { found, openAtFirst, rowsOf, treeMove, typedTo } from '@/room/points/tree'

const area = (code: string, level: string, name: string, children: Area[] = []): Area => ({ code, level, name, children, cameras: 3, online: 2 })
const camera = (number: number, name: string, code: string, more: Partial<Camera> = {}): Camera => ({
  id: `cam_${number}`, name, area: code, area_name: '新寨村', group_name: '一社', household: null, legal_class: 'gov_public', site_kind: 'road', state: 'active', number,
  presence: { state: 'online', since: 0, observed_at: 0, cause: null, tracks: [], last_frame_at: null }, viewers: 0, may: { live: true, reason: null, hint: null, hint_en: null }, ...more,
})
const one = area('510799101201001', 'group', '一社')
const two = area('510799101201002', 'group', '二社')
const village = area('510799101201', 'village', '新寨村', [one, two])
const roots = [area('510799101000', 'town', '双板镇', [village])]
const cameras = [
  camera(2, '晒坝', one.code), camera(1, '村口主路·东', one.code), camera(3, '石桥头', two.code, { site_kind: 'reservoir' }), camera(4, '村委会', village.code),
]
const keys = (open: string[], keep: Camera[] | null = null): string[] => rowsOf(roots, cameras, new Set(open), keep).map((row) => row.key)

describe('rows', () => {
  it('opens to the groups at first', () => {
    expect(openAtFirst(roots)).toEqual(['510799101000', '510799101201'])
  })

  it('areas first, then their own cameras in number order', () => {
    expect(keys(['510799101000', village.code, one.code])).toEqual([
      'area:510799101000', `area:${village.code}`, `area:${one.code}`, 'camera:cam_1', 'camera:cam_2', `area:${two.code}`, 'camera:cam_4',
    ])
  })

  it('tells level, place and number of siblings', () => {
    const rows = rowsOf(roots, cameras, new Set(['510799101000', village.code]))
    expect(rows.at(-1)).toMatchObject({ name: '村委会', depth: 3, place: 3, siblings: 3, parent: `area:${village.code}` })
    expect(rows[2]).toMatchObject({ expanded: false, depth: 3, place: 1 })
  })

  it('search shows only branches with results, open', () => {
    expect(keys([], found(cameras, '石桥'))).toEqual(['area:510799101000', `area:${village.code}`, `area:${two.code}`, 'camera:cam_3'])
    expect(keys([], found(cameras, '没有'))).toEqual([])
  })

  it('a camera of an unknown area is at the end, not lost', () => {
    const rows = rowsOf(roots, [camera(9, '外面', '999999999999')], new Set())
    expect(rows.at(-1)?.key).toBe('camera:cam_9')
  })
})

it('search wants every word: name, number, group', () => {
  expect(found(cameras, '主路 东').map((hit) => hit.id)).toEqual(['cam_1'])
  expect(found(cameras, '一社').length).toBe(4)
  expect(found(cameras, '3').map((hit) => hit.id)).toEqual(['cam_3'])
})

describe('keys of the tree', () => {
  const rows = rowsOf(roots, cameras, new Set(['510799101000', village.code]))
  const at = `area:${one.code}`

  it('arrows walk, open, close and climb', () => {
    expect(treeMove(rows, at, 'ArrowDown')).toEqual({ to: `area:${two.code}` })
    expect(treeMove(rows, at, 'ArrowRight')).toEqual({ open: at })
    expect(treeMove(rows, at, 'ArrowLeft')).toEqual({ to: `area:${village.code}` })
    expect(treeMove(rows, `area:${village.code}`, 'ArrowLeft')).toEqual({ close: `area:${village.code}` })
    expect(treeMove(rows, `area:${village.code}`, 'ArrowRight')).toEqual({ to: at })
    expect(treeMove(rows, at, 'End')).toEqual({ to: 'camera:cam_4' })
    expect(treeMove(rows, 'camera:cam_4', 'ArrowDown')).toBeNull()
    expect(treeMove(rows, at, 'x')).toBeNull()
  })

  it('type-ahead goes on round the end and stays while the word grows', () => {
    expect(typedTo(rows, at, '二')).toBe(`area:${two.code}`)
    expect(typedTo(rows, `area:${two.code}`, '一')).toBe(at)
    expect(typedTo(rows, at, '一社')).toBe(at)
    expect(typedTo(rows, at, '无')).toBeNull()
  })
})

describe('scopes', () => {
  it('one for all, one per group, and the watch points', () => {
    expect(scopesOf(roots, cameras, true).map((scope) => [scope.key, scope.name.zh, scope.cameras])).toEqual([
      ['all', '全村', 4], [one.code, '一社', 2], [two.code, '二社', 1], ['watch', '重点', 1],
    ])
  })

  it('counts by the registry where not all cameras are here', () => {
    expect(scopesOf(roots, [], false)[1]).toMatchObject({ cameras: 3, offline: 1 })
  })

  it('a town of several villages is divided by village', () => {
    const town = [area('510799101000', 'town', '双板镇', [village, area('510799101202', 'village', '东沟村')])]
    expect(heart(town)?.name).toBe('双板镇')
    expect(scopesOf(town, cameras, true).map((scope) => scope.name.zh)).toEqual(['全镇', '新寨村', '东沟村', '重点'])
  })

  it('codes hold by prefix', () => {
    expect(inArea(camera(1, '', one.code), '510799101000')).toBe(true)
    expect(inArea(camera(1, '', one.code), '510799000000')).toBe(true)
    expect(inArea(camera(1, '', one.code), two.code)).toBe(false)
    expect(camerasOf(cameras, two.code).map((hit) => hit.id)).toEqual(['cam_3'])
  })
})
