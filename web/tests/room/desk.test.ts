import { beforeEach, describe, expect, it } from 'vitest'
import { Desk } from '@/room/wall/desk'
import { begun, pagesOf, PATROL_EVERY_MS, secondsLeft, turned } from '@/room/wall/patrol'
import { Undo, UNDO_WITHIN_MS } from '@/room/wall/undo'

const ids = Array.from({ length: 40 }, (_, i) => `cam_${i + 1}`)
let now = 0
let listed = ids
const desk = (): Desk => new Desk({
  account: 'prn_1', camerasOf: (scope) => (scope === 'all' ? listed : listed.slice(30)), nameOf: (id) => id, exists: (id) => listed.includes(id), now: () => now,
}, 16)
beforeEach(() => {
  now = 0
  listed = ids
})

describe('patrol', () => {
  const pages = pagesOf(ids, 16)

  it('cuts pages, the last one short', () => {
    expect(pages.map((page) => page.length)).toEqual([16, 16, 8])
    expect(pagesOf([], 16)).toEqual([])
  })

  it('begins after the page that is on the wall', () => {
    expect(begun(pages, pages[1] ?? [], 0).page).toBe(2)
    expect(begun(pages, pages[2] ?? [], 0).page).toBe(0)
    expect(begun(pages, [null], 0).page).toBe(0)
  })

  it('turns a page every 15 s, once after a long sleep', () => {
    const first = begun(pages, [], 0)
    expect(turned(first, PATROL_EVERY_MS - 1)).toBe(first)
    expect(turned(first, PATROL_EVERY_MS).page).toBe(1)
    const late = turned(first, 500_000)
    expect(late.page).toBe(1)
    expect(secondsLeft(late, 500_000)).toBe(15)
  })

  it('a single page stands', () => {
    const only = begun([['a']], [], 0)
    expect(turned(only, 60_000)).toBe(only)
  })
})

describe('desk', () => {
  it('first fills the wall in number order', () => {
    expect(desk().shown.value).toEqual(ids.slice(0, 16))
  })

  it('undo brings back what stood there; the offer goes after 5 s', () => {
    const wall = desk()
    wall.put('cam_30', 5)
    expect(wall.shown.value[5]).toBe('cam_30')
    expect(wall.undoOffer.value?.zh).toBe('cam_30 放到 6 号格了')
    now = UNDO_WITHIN_MS
    wall.tick()
    expect(wall.undoOffer.value).toBeNull()
    expect(wall.undoLast()).toBe(true)
    expect(wall.shown.value[5]).toBe('cam_6')
    expect(wall.undoLast()).toBe(false)
  })

  it('patrol shows pages without touching the own wall; selecting stops it where it is', () => {
    const wall = desk()
    wall.put('cam_40', 0)
    const own = wall.own.value
    wall.togglePatrol()
    expect(wall.shown.value[0]).toBe('cam_17')
    now = PATROL_EVERY_MS
    wall.tick()
    expect(wall.shown.value[0]).toBe('cam_33')
    wall.select(2)
    now += PATROL_EVERY_MS
    wall.tick()
    expect(wall.patrol.value).toBeNull()
    expect(wall.shown.value[0]).toBe('cam_33')
    wall.goHome()
    expect(wall.layout.value).toBe(own)
  })

  it('each scope has its own wall', () => {
    const wall = desk()
    wall.setScope('group')
    expect(wall.shown.value[0]).toBe('cam_31')
    wall.clear(0)
    wall.setScope('all')
    expect(wall.shown.value[0]).toBe('cam_1')
    wall.setScope('group')
    expect(wall.shown.value[0]).toBeNull()
  })

  it('full follows the selection and ends with a change of mode', () => {
    const wall = desk()
    wall.toggleFull(3)
    wall.move('right')
    expect([wall.full.value, wall.selected.value]).toEqual([3, 3])
    wall.select(6)
    expect(wall.full.value).toBe(6)
    wall.setMode(4)
    expect([wall.full.value, wall.selected.value]).toEqual([null, 3])
  })

  it('cameras that come later fill a wall that was never filled; gone ones leave', () => {
    listed = []
    const wall = desk()
    expect(wall.shown.value.every((camera) => camera === null)).toBe(true)
    listed = ids
    wall.camerasChanged()
    expect(wall.shown.value[15]).toBe('cam_16')
    listed = ids.slice(1)
    wall.camerasChanged()
    expect(wall.shown.value[0]).toBeNull()
  })
})

it('undo keeps 20 steps', () => {
  const undo = new Undo<number>()
  for (let step = 0; step < 30; step++) undo.did(step, step)
  let steps = 0
  while (undo.back() !== null) steps++
  expect(steps).toBe(20)
})
