import { shallowRef } from 'vue'
import type { Dragged } from './layout'

const MOVED_PX = 6
const LONG_PRESS_MS = 380

export interface Drag { what: Dragged; name: string; x: number; y: number; over: number | null }

/** The drag under way, for the ghost and the tile it hovers over; null otherwise. */
export const drag = shallowRef<Drag | null>(null)

const tileAt = (x: number, y: number): number | null => {
  const tile = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-tile]')
  return tile ? Number(tile.dataset.tile) : null
}

/**
 * Begin watching a press that may become a drag: mouse after 6 px, finger after a long press (a short move scrolls).
 * `dropped` is called only when it ends over a tile.
 */
export function press(event: PointerEvent, what: Dragged, name: string, dropped: (what: Dragged, tile: number) => void): void {
  if (event.button !== 0 || (event.target as Element).closest('button, a, input')) return
  const touch = event.pointerType !== 'mouse'
  const { clientX, clientY, pointerId } = event
  let active = false
  const begin = (x: number, y: number): void => {
    active = true
    drag.value = { what, name, x, y, over: tileAt(x, y) }
    getSelection()?.removeAllRanges()
    if (touch) navigator.vibrate?.(15)
  }
  const long = touch ? window.setTimeout(() => begin(clientX, clientY), LONG_PRESS_MS) : 0
  const move = (moved: PointerEvent): void => {
    if (moved.pointerId !== pointerId) return
    const far = Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > MOVED_PX
    if (!active && far) {
      if (touch) return end()
      begin(moved.clientX, moved.clientY)
    }
    if (active) drag.value = { what, name, x: moved.clientX, y: moved.clientY, over: tileAt(moved.clientX, moved.clientY) }
  }
  const up = (last: PointerEvent): void => {
    if (last.pointerId !== pointerId) return
    const target = active ? tileAt(last.clientX, last.clientY) : null
    const was = active
    end()
    if (was) swallowClick()
    if (target !== null && !(what.from === 'tile' && what.tile === target)) dropped(what, target)
  }
  const still = (touched: TouchEvent): void => { if (active) touched.preventDefault() }
  const escape = (key: KeyboardEvent): void => {
    if (key.key !== 'Escape' || !active) return
    key.stopPropagation()
    end()
  }
  const quiet = (menu: Event): void => { if (touch) menu.preventDefault() }
  const end = (): void => {
    clearTimeout(long)
    drag.value = null
    window.removeEventListener('pointermove', move)
    window.removeEventListener('pointerup', up)
    window.removeEventListener('pointercancel', end)
    window.removeEventListener('touchmove', still)
    window.removeEventListener('keydown', escape, true)
    window.removeEventListener('contextmenu', quiet)
  }
  window.addEventListener('pointermove', move)
  window.addEventListener('pointerup', up)
  window.addEventListener('pointercancel', end)
  window.addEventListener('touchmove', still, { passive: false })
  window.addEventListener('keydown', escape, true)
  window.addEventListener('contextmenu', quiet)
}

/** The click that ends a drag is no choice of the thing under it. */
function swallowClick(): void {
  const swallow = (click: Event): void => { click.stopPropagation(); click.preventDefault() }
  window.addEventListener('click', swallow, { capture: true, once: true })
  window.setTimeout(() => window.removeEventListener('click', swallow, true), 0)
}
