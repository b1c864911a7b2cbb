import type { Direction } from './layout'

/** What a key of the wall does; `null` from `actionOf` means the key belongs to the browser. */
export type KeyAction =
  | { do: 'digit'; digit: number }
  | { do: 'move'; to: Direction }
  | { do: 'full' | 'tree' | 'search' | 'assign' | 'clear' | 'patrol' | 'keys' | 'escape' | 'undo' }

export interface KeyPress {
  key: string
  ctrl: boolean
  alt: boolean
  /** Focus is in a text field: only Escape is ours. */
  typing: boolean
  /** Focus is on a button, link or tree item: Enter, Space and arrows are its own. */
  onControl: boolean
}

const ARROWS: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' }

export function actionOf({ key, ctrl, alt, typing, onControl }: KeyPress): KeyAction | null {
  if (key === 'Escape') return { do: 'escape' }
  if (typing || alt) return null
  if (ctrl) return key.toLowerCase() === 'z' ? { do: 'undo' } : null
  if (/^[0-9]$/.test(key)) return { do: 'digit', digit: Number(key) }
  const to = ARROWS[key]
  if (to) return onControl ? null : { do: 'move', to }
  switch (key) {
    case 'f': case 'F': return { do: 'full' }
    case 't': case 'T': return { do: 'tree' }
    case '/': return { do: 'search' }
    case '?': return { do: 'keys' }
    case 'Delete': case 'Backspace': return { do: 'clear' }
    case 'Enter': return onControl ? null : { do: 'assign' }
    case ' ': return onControl ? null : { do: 'patrol' }
    default: return null
  }
}

const SECOND_DIGIT_WITHIN_MS = 600

/**
 * Tiles 1–16 by number keys. `1` may become 10–16: the tile is selected at once, and a second digit
 * within 600 ms moves the selection on, so nobody waits for the timeout.
 */
export class TileNumber {
  private first = 0
  private at = -Infinity

  /** Tile index (0-based) that is meant now, or null when the number is no tile of a wall of `count`. */
  typed(digit: number, nowMs: number, count: number): number | null {
    const joined = this.first * 10 + digit
    const second = this.first > 0 && nowMs - this.at <= SECOND_DIGIT_WITHIN_MS && joined <= count
    const number = second ? joined : digit
    this.first = second ? 0 : digit
    this.at = nowMs
    return number >= 1 && number <= count ? number - 1 : null
  }
}
