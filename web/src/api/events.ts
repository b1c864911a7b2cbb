import type { Camera, Look, Notice, Presence } from './types'
import { reconnectDelayMs } from '@/player/backoff'

export interface LiveEvents {
  presence: { camera: string; presence: Presence }
  camera: Camera
  gone: { camera: string }
  viewers: { camera: string; viewers: number }
  /** Somebody from outside the household begins to look (rules.md P11). */
  look: Look
  /** Break-glass or a repair opens the household's picture (rules.md P14). */
  notice: Notice
}
export type EventHearers = { [K in keyof LiveEvents]?: (value: LiveEvents[K]) => void } & {
  /** After a break: something may have been missed, so read the list again. */
  again?: () => void
}

/** GET /api/v1/events. The browser retries short breaks; a closed source is opened again with backoff. */
export function listen(hearers: EventHearers, path = '/api/v1/events'): () => void {
  let source: EventSource | null = null
  let timer = 0
  let attempt = 0
  let opened = false
  let stopped = false

  const open = (): void => {
    source = new EventSource(path)
    source.onopen = () => {
      attempt = 0
      if (opened) hearers.again?.()
      opened = true
    }
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED || stopped) return
      timer = window.setTimeout(open, reconnectDelayMs(attempt++, Math.random()))
    }
    for (const name of ['presence', 'camera', 'gone', 'viewers', 'look', 'notice'] as const) {
      source.addEventListener(name, (message: MessageEvent<string>) => hear(name, message.data))
    }
  }
  const hear = <K extends keyof LiveEvents>(name: K, text: string): void => {
    const hearer = hearers[name] as ((value: LiveEvents[K]) => void) | undefined
    if (hearer) hearer(JSON.parse(text) as LiveEvents[K])
  }
  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    source?.close()
  }
}
