// Counters of what was shown, for the state machine and for browser tests. No pictures, no tokens.

const RING = 500

export interface FrameSeen {
  /** performance.now() of the callback, ms. */
  now: number
  /** RTP timestamp u32, null where the engine does not tell it (or over a fallback). */
  rtp: number | null
  /** presentationTime of requestVideoFrameCallback, performance clock, ms. */
  presentationTime: number
}

/** What `window.__huiyan.tiles[key]` shows to a browser test. */
export interface TileRecord {
  camera: string | null
  state: string
  /** From the call or click that wanted the picture to its first frame, ms. */
  firstFrameMs: number | null
  /** The same for a change of camera on a connection that was up; null when the tile was not switched (wall only). */
  switchMs: number | null
  /** Frames shown since the picture was wanted. */
  count: number
  /** The last 500 frames, oldest first. */
  frames: FrameSeen[]
  /** Age of the frame shown, ms. */
  ageMs: number | null
  via: 'webrtc' | 'mse' | 'snapshots' | null
}

declare global {
  interface Window { __huiyan?: { tiles: Record<string, TileRecord> } }
}

/** The frames of one picture. `key` names it in `window.__huiyan.tiles` (`hero`, `tile-3`). */
export class TileFrames {
  readonly record: TileRecord = {
    camera: null, state: 'loading', firstFrameMs: null, switchMs: null, count: 0, frames: [], ageMs: null, via: null,
  }
  lastAt: number | null = null
  lastRtp: number | null = null
  wantedAt: number

  constructor(key: string, now = performance.now()) {
    this.wantedAt = now
    window.__huiyan ??= { tiles: {} }
    window.__huiyan.tiles[key] = this.record
  }

  /** Another picture is wanted here from `now` on; what was shown before does not count any more. */
  want(camera: string | null, now = performance.now()): void {
    this.wantedAt = now
    this.lastAt = this.lastRtp = null
    Object.assign(this.record, { camera, firstFrameMs: null, switchMs: null, count: 0, frames: [], ageMs: null })
  }

  shown(now: number, rtp: number | null, presentationTime: number): void {
    this.lastAt = now
    this.lastRtp = rtp
    this.record.count += 1
    this.record.firstFrameMs ??= now - this.wantedAt
    this.record.frames.push({ now, rtp, presentationTime })
    if (this.record.frames.length > RING) this.record.frames.shift()
  }

  /** The page was hidden: no callbacks came, which says nothing of the picture. */
  excuse(now: number): void {
    if (this.lastAt !== null) this.lastAt = now
  }
}
