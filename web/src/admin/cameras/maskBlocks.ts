import type { Point } from '@/api/admin'

/** An upright block in percent of the picture. */
export interface Block { left: number; top: number; width: number; height: number }

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, Number.isFinite(value) ? value : least))
const fine = (value: number): number => Math.round(value * 1000) / 1000

/** The block between two corners (0…1), in whole percent, inside the picture. */
export function blockBetween(one: Point, other: Point): Block {
  const percent = (value: number): number => Math.round(within(value, 0, 1) * 100)
  const [x1, x2, y1, y2] = [percent(one.x), percent(other.x), percent(one.y), percent(other.y)]
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) }
}

export function polygonOf({ left, top, width, height }: Block): Point[] {
  const [x1, y1] = [within(left, 0, 99), within(top, 0, 99)]
  const [x2, y2] = [x1 + within(width, 1, 100 - x1), y1 + within(height, 1, 100 - y1)]
  return ([[x1, y1], [x2, y1], [x2, y2], [x1, y2]] as const).map(([x, y]) => ({ x: fine(x / 100), y: fine(y / 100) }))
}

/** The block that a polygon is, null when it is another shape (or not on whole tenths of a percent). */
export function blockOf(polygon: readonly Point[]): Block | null {
  if (polygon.length !== 4) return null
  const xs = polygon.map(({ x }) => x)
  const ys = polygon.map(({ y }) => y)
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const [a, b, c, d] = polygon as [Point, Point, Point, Point]
  const upright = a.x === left && a.y === top && b.x === right && b.y === top && c.x === right && c.y === bottom && d.x === left && d.y === bottom
  if (!upright) return null
  const percent = (value: number): number => Math.round(value * 1000) / 10
  return { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) }
}
