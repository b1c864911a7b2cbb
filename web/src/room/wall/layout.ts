// Which camera stands on which tile. Pure: every change gives a new layout, so undo is keeping the old one.

export const MODES = [1, 4, 9, 16] as const
export type Mode = (typeof MODES)[number]
/** The wall has 16 places; a smaller mode shows the first of them. */
export const PLACES = 16

export interface Layout {
  readonly mode: Mode
  /** Camera id per place, null = empty; always 16 long. */
  readonly tiles: readonly (string | null)[]
}

/** What is dragged: a camera of the tree, or what stands on a tile. */
export type Dragged = { from: 'tree'; camera: string } | { from: 'tile'; tile: number }

export const emptyLayout = (mode: Mode = 16): Layout => ({ mode, tiles: Array<null>(PLACES).fill(null) })

/** The first cameras in the given order, one per visible tile. */
export function filled(cameras: readonly string[], mode: Mode): Layout {
  return { mode, tiles: Array.from({ length: PLACES }, (_, place) => (place < mode ? cameras[place] ?? null : null)) }
}

export const shownTiles = (layout: Layout): readonly (string | null)[] => layout.tiles.slice(0, layout.mode)

export function withMode(layout: Layout, mode: Mode, cameras: readonly string[] = []): Layout {
  const tiles = [...layout.tiles]
  const standing = new Set(tiles.slice(0, mode))
  const waiting = cameras.filter((camera) => !standing.has(camera))
  // A larger wall fills its new places with cameras that are on no tile yet.
  for (let place = layout.mode; place < mode; place++) {
    tiles[place] ??= waiting.find((camera) => !tiles.slice(0, mode).includes(camera)) ?? null
  }
  return { mode, tiles }
}

/** Put a camera on a tile. If it stands on another visible tile, the two swap: one camera is never shown twice. */
export function placed(layout: Layout, camera: string, tile: number): Layout {
  const at = shownTiles(layout).indexOf(camera)
  if (at === tile) return layout
  if (at >= 0) return swapped(layout, at, tile)
  return changed(layout, tile, camera)
}

export function swapped(layout: Layout, one: number, other: number): Layout {
  if (one === other) return layout
  const tiles = [...layout.tiles]
  const kept = tiles[one] ?? null
  tiles[one] = tiles[other] ?? null
  tiles[other] = kept
  return { ...layout, tiles }
}

export function cleared(layout: Layout, tile: number): Layout {
  return layout.tiles[tile] == null ? layout : changed(layout, tile, null)
}

/** The layout after a drop on `tile`; the same object when nothing changes. */
export function dropped(layout: Layout, what: Dragged, tile: number): Layout {
  if (tile < 0 || tile >= layout.mode) return layout
  return what.from === 'tree' ? placed(layout, what.camera, tile) : swapped(layout, what.tile, tile)
}

/** Cameras that no longer exist leave their tiles. */
export function without(layout: Layout, exists: (camera: string) => boolean): Layout {
  if (layout.tiles.every((camera) => camera === null || exists(camera))) return layout
  return { ...layout, tiles: layout.tiles.map((camera) => (camera !== null && exists(camera) ? camera : null)) }
}

function changed(layout: Layout, tile: number, camera: string | null): Layout {
  return { ...layout, tiles: layout.tiles.map((standing, place) => (place === tile ? camera : standing)) }
}

export interface Grid { columns: number; rows: number }

/**
 * Columns and rows for a wall of `width` × `height` px: the arrangement whose 16:9 pictures come out largest.
 * 16 on a landscape screen is 4 × 4, on an upright phone 2 × 8 would be thin, so 9 and 16 there scroll (see Wall.vue).
 */
export function gridOf(mode: Mode, width: number, height: number, hem = 30): Grid {
  let best: Grid = { columns: 1, rows: mode }
  let bestArea = -1
  for (let columns = 1; columns <= mode; columns++) {
    const rows = Math.ceil(mode / columns)
    if (columns * rows - mode >= columns) continue // a whole row would stay empty
    const tileWidth = width / columns
    const tileHeight = height / rows - hem
    const pictureWidth = Math.min(tileWidth, tileHeight * (16 / 9))
    const full = columns * rows === mode ? 1 : 0.6 // holes in the wall only where they win much
    const area = Math.max(0, pictureWidth) * full
    if (area > bestArea) [best, bestArea] = [{ columns, rows }, area]
  }
  return best
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The neighbour of a tile, staying inside the wall. */
export function neighbour(tile: number, direction: Direction, mode: Mode, columns: number): number {
  const column = tile % columns
  const next = {
    left: column > 0 ? tile - 1 : tile,
    right: column < columns - 1 ? tile + 1 : tile,
    up: tile - columns,
    down: tile + columns,
  }[direction]
  return next >= 0 && next < mode ? next : tile
}
