import { Problem } from '@/api/problem'
import { problemFrom } from '@/api/http'
import type { HeldGrant } from './grant'

export interface Snapshot {
  /** Object URL; revoke it when it is shown no more. */
  url: string
  /** When the camera took it, epoch ms by the server; null if it did not say. */
  capturedAt: number | null
}

/** GET /snapshot/{camera} with the grant as bearer. Throws `Problem` (503: code = presence state). */
export async function snapshot(grant: HeldGrant, camera: string, send: typeof fetch = (i, o) => fetch(i, o)): Promise<Snapshot> {
  const { relay, token } = await grant.get()
  const answer = await send(`${relay.snapshot}/${camera}`, {
    headers: { Authorization: `Bearer ${token}` }, cache: 'no-store',
  }).catch(() => { throw new Problem(0) })
  if (!answer.ok) throw await problemFrom(answer)
  const at = Number(answer.headers.get('Huiyan-Captured-At'))
  return { url: URL.createObjectURL(await answer.blob()), capturedAt: at > 0 ? at : null }
}

/**
 * Snapshots of one camera again and again: the second fallback (every 1 s) and the thumbnails (every 30 s).
 * Asks only while `wanted()` (page visible, thumbnail on screen); the previous object URL is revoked.
 */
export class SnapshotReel {
  private timer = 0
  private last: Snapshot | null = null
  private stopped = false

  constructor(
    private readonly grant: HeldGrant,
    private readonly camera: string,
    private readonly everyMs: number,
    private readonly hear: (shot: Snapshot | null, problem: Problem | null) => void,
    private readonly wanted: () => boolean = () => !document.hidden,
  ) {
    void this.turn()
  }

  /** Ask now (the page came back). */
  now(): void {
    clearTimeout(this.timer)
    void this.turn()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    if (this.last) URL.revokeObjectURL(this.last.url)
    this.last = null
  }

  private async turn(): Promise<void> {
    if (this.wanted()) {
      try {
        this.taken(await snapshot(this.grant, this.camera))
      } catch (caught) {
        if (!this.stopped) this.hear(this.last, caught instanceof Problem ? caught : new Problem(0))
      }
    }
    if (!this.stopped) this.timer = window.setTimeout(() => void this.turn(), this.everyMs)
  }

  private taken(shot: Snapshot): void {
    if (this.stopped) return URL.revokeObjectURL(shot.url)
    const before = this.last
    this.last = shot
    this.hear(shot, null)
    if (before) window.setTimeout(() => URL.revokeObjectURL(before.url), 1000)
  }
}
