import { describe, expect, it } from 'vitest'
import { keep, readKept } from '@/room/wall/keptLayouts'
import {
  cleared, dropped, emptyLayout, filled, gridOf, neighbour, placed, PLACES, shownTiles, swapped, withMode, without,
} from '@/room/wall/layout'

const ids = Array.from({ length: 20 }, (_, i) => `cam_${i + 1}`)

describe('filling', () => {
  it('puts cameras in order on the visible tiles only', () => {
    const wall = filled(ids, 4)
    expect(wall.tiles).toHaveLength(PLACES)
    expect(shownTiles(wall)).toEqual(ids.slice(0, 4))
    expect(wall.tiles[4]).toBeNull()
  })

  it('leaves tiles empty when there are too few cameras', () => {
    expect(shownTiles(filled(ids.slice(0, 2), 4))).toEqual(['cam_1', 'cam_2', null, null])
  })

  it('grows with cameras that stand nowhere, each once', () => {
    const wall = withMode(placed(filled(ids, 4), 'cam_9', 0), 9, ids)
    expect(shownTiles(wall)).toEqual(['cam_9', 'cam_2', 'cam_3', 'cam_4', 'cam_1', 'cam_5', 'cam_6', 'cam_7', 'cam_8'])
  })

  it('shrinks and grows back to what stood there', () => {
    const wall = filled(ids, 16)
    expect(shownTiles(withMode(withMode(wall, 4), 16, ids))).toEqual(shownTiles(wall))
  })
})

describe('drop', () => {
  const wall = filled(ids, 16)

  it('replaces a tile by a camera of the tree', () => {
    expect(dropped(wall, { from: 'tree', camera: 'cam_20' }, 5).tiles[5]).toBe('cam_20')
  })

  it('swaps when the camera already stands on the wall: never one camera twice', () => {
    const after = dropped(wall, { from: 'tree', camera: 'cam_1' }, 5)
    expect([after.tiles[0], after.tiles[5]]).toEqual(['cam_6', 'cam_1'])
    expect(new Set(after.tiles).size).toBe(16)
  })

  it('swaps two tiles, also with an empty one', () => {
    expect(dropped(cleared(wall, 3), { from: 'tile', tile: 0 }, 3).tiles.slice(0, 4)).toEqual([null, 'cam_2', 'cam_3', 'cam_1'])
  })

  it('changes nothing on itself, outside the mode or for the same camera', () => {
    expect(swapped(wall, 2, 2)).toBe(wall)
    expect(dropped(filled(ids, 4), { from: 'tree', camera: 'cam_9' }, 4).tiles[4]).toBeNull()
    expect(placed(wall, 'cam_3', 2)).toBe(wall)
    expect(cleared(emptyLayout(), 1).tiles[1]).toBeNull()
  })
})

it('forgets cameras that exist no more', () => {
  const wall = filled(ids, 4)
  expect(shownTiles(without(wall, (id) => id !== 'cam_2'))).toEqual(['cam_1', null, 'cam_3', 'cam_4'])
  expect(without(wall, () => true)).toBe(wall)
})

describe('grid', () => {
  it.each([[16, 1480, 1020, 4, 4], [9, 1480, 1020, 3, 3], [4, 1480, 1020, 2, 2], [1, 1480, 1020, 1, 1], [16, 980, 710, 4, 4], [4, 380, 560, 1, 4]] as const)(
    '%i tiles on %i×%i are %i × %i', (mode, width, height, columns, rows) => {
      expect(gridOf(mode, width, height)).toEqual({ columns, rows })
    })

  it('arrows stay inside the wall and in their row', () => {
    expect(neighbour(0, 'left', 16, 4)).toBe(0)
    expect(neighbour(3, 'right', 16, 4)).toBe(3)
    expect(neighbour(5, 'down', 16, 4)).toBe(9)
    expect(neighbour(13, 'down', 16, 4)).toBe(13)
    expect(neighbour(2, 'up', 16, 4)).toBe(2)
  })
})

describe('kept layouts', () => {
  it('survives a round through storage', () => {
    const kept = keep('prn_1', { mode: 16, scopes: {} }, 'all', filled(ids, 9))
    expect(readKept(JSON.stringify(kept))).toEqual(kept)
  })

  it.each([null, '', '{', '[]', '{"mode":5}', 'null'])('is nothing for %s', (text) => {
    expect(readKept(text)).toBeNull()
  })

  it('mends short and foreign tile lists', () => {
    expect(readKept('{"mode":4,"scopes":{"all":["a",7,null],"x":3}}')?.scopes).toEqual({ all: ['a', ...Array<null>(15).fill(null)] })
  })
})
