import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

export interface Zoom { scale: number; x: number; y: number }

const SWIPE_MIN_PX = 56
const SCALE_MAX = 5
const NONE: Zoom = { scale: 1, x: 0, y: 0 }

/** Keep the picture covering its box: no empty border can be dragged in. */
export function bounded(zoom: Zoom, width: number, height: number): Zoom {
  const scale = Math.min(SCALE_MAX, Math.max(1, zoom.scale))
  const clamp = (value: number, size: number): number => Math.min(0, Math.max(size * (1 - scale), value))
  return { scale, x: clamp(zoom.x, width), y: clamp(zoom.y, height) }
}

/** Zoom by `factor` about a point of the box, which stays under the finger. */
export function zoomedAt(zoom: Zoom, factor: number, x: number, y: number, width: number, height: number): Zoom {
  const scale = Math.min(SCALE_MAX, Math.max(1, zoom.scale * factor))
  const real = scale / zoom.scale
  return bounded({ scale, x: x - (x - zoom.x) * real, y: y - (y - zoom.y) * real }, width, height)
}

/** −1 to the camera before, 1 to the next, 0 for no swipe. */
export function swiped(dx: number, dy: number): -1 | 0 | 1 {
  if (Math.abs(dx) < SWIPE_MIN_PX || Math.abs(dx) < 2 * Math.abs(dy)) return 0
  return dx < 0 ? 1 : -1
}

/** Swipe for the next camera, pinch or double tap to zoom, drag while zoomed. */
export function usePictureGestures(box: Ref<HTMLElement | null>, onSwipe: (step: -1 | 1) => void) {
  const zoom = ref<Zoom>(NONE)
  const points = new Map<number, { x: number; y: number }>()
  let start = { x: 0, y: 0 }
  let spread = 0
  let lastTap = 0
  let pinched = false

  const place = (event: PointerEvent): { x: number; y: number } => {
    const frame = box.value?.getBoundingClientRect()
    return { x: event.clientX - (frame?.left ?? 0), y: event.clientY - (frame?.top ?? 0) }
  }
  const size = (): [number, number] => [box.value?.clientWidth ?? 1, box.value?.clientHeight ?? 1]
  const gap = (): { distance: number; x: number; y: number } => {
    const [a, b] = [...points.values()]
    if (!a || !b) return { distance: 0, x: 0, y: 0 }
    return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
  }
  const onButton = (event: PointerEvent): boolean => (event.target as Element).closest('button, a') !== null

  const down = (event: PointerEvent): void => {
    if (onButton(event)) return
    const at = place(event)
    points.set(event.pointerId, at)
    if (points.size === 1) {
      start = at
      pinched = false
    } else {
      spread = gap().distance
      pinched = true
    }
  }
  const move = (event: PointerEvent): void => {
    const before = points.get(event.pointerId)
    if (!before) return
    const at = place(event)
    points.set(event.pointerId, at)
    if (points.size === 2) {
      const { distance, x, y } = gap()
      if (spread > 0) zoom.value = zoomedAt(zoom.value, distance / spread, x, y, ...size())
      spread = distance
    } else if (zoom.value.scale > 1) {
      const { scale, x, y } = zoom.value
      zoom.value = bounded({ scale, x: x + at.x - before.x, y: y + at.y - before.y }, ...size())
    }
  }
  const up = (event: PointerEvent): void => {
    if (!points.delete(event.pointerId) || points.size > 0 || pinched || event.type !== 'pointerup') return
    const at = place(event)
    const step = zoom.value.scale > 1 ? 0 : swiped(at.x - start.x, at.y - start.y)
    if (step !== 0) return onSwipe(step)
    if (Math.hypot(at.x - start.x, at.y - start.y) > 12) return
    if (event.timeStamp - lastTap < 300) {
      zoom.value = zoom.value.scale > 1 ? NONE : zoomedAt(NONE, 2.5, at.x, at.y, ...size())
      lastTap = 0
    } else lastTap = event.timeStamp
  }
  const pairs = [['pointerdown', down], ['pointermove', move], ['pointerup', up], ['pointercancel', up], ['pointerleave', up]] as const
  const leave = (element: HTMLElement | null | undefined): void => {
    for (const [name, hear] of pairs) element?.removeEventListener(name, hear)
  }
  watch(box, (element, before) => {
    leave(before)
    for (const [name, hear] of pairs) element?.addEventListener(name, hear)
  }, { immediate: true })
  onBeforeUnmount(() => leave(box.value))
  return { zoom, reset: () => { zoom.value = NONE } }
}
