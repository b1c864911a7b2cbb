import { shallowRef } from 'vue'
import type { Camera, StreamName } from '@/api/types'
import { instant } from '@/api/types'
import type { Media } from '@/ui/Picture.vue'
import { frameAgeMs } from './age'
import { reconnectDelayMs } from './backoff'
import type { TileState } from './channel'
import { TileFrames } from './frames'
import type { HeldGrant } from './grant'
import type { MsePlayer } from './mse'
import { pictureState, type PictureView } from './pictureState'
import { LiveSession, type SessionStatus } from './session'
import { SnapshotReel } from './snapshots'

const TICK_MS = 250
const PAUSE_AFTER_HIDDEN_MS = 30_000
const SNAPSHOT_EVERY_MS = 1_000
const MSE_TRIES = 2
const CARRY_MS = 2_000

/** The smaller stream first where the phone says that data is dear or slow. */
export function firstStream(camera: Camera): StreamName {
  const link = (navigator as Navigator & { connection?: { saveData?: boolean; effectiveType?: string } }).connection
  const small = link?.saveData === true || /2g|3g/.test(link?.effectiveType ?? '')
  return small && camera.presence.tracks.some((track) => track.track === 'sub') ? 'sub' : 'main'
}

/**
 * One person looks at one camera: WebRTC, else fMP4 (MSE), else snapshots; pauses in a hidden page; says its state.
 * Bind `media` and `view` to `<Picture>`, and hand its `frame` and `video` events to `frame()` and `video()`.
 */
export class Viewing {
  readonly media = shallowRef<Media | null>(null)
  readonly view = shallowRef<PictureView>(null as unknown as PictureView)
  readonly frames: TileFrames
  private session: LiveSession | null = null
  private mse: MsePlayer | null = null
  private reel: SnapshotReel | null = null
  private element: HTMLVideoElement | null = null
  private status: SessionStatus = { phase: 'connecting' }
  private tile: TileState | null = null
  private weak = false
  private stream: StreamName
  private mseTries = 0
  private capturedAt: number | null = null
  private lastAge: { ageMs: number; at: number } | null = null
  private mseOffset: number | null = null
  private hiddenSince: number | null = null
  private ticking = 0
  private retrying = 0
  private pausing = 0
  private readonly stops: (() => void)[] = []

  constructor(
    private readonly grant: HeldGrant,
    private camera: Camera,
    private readonly options: { key: string; family: boolean; wantedAt?: number },
  ) {
    this.stream = firstStream(camera)
    this.frames = new TileFrames(options.key, options.wantedAt)
    this.frames.want(camera.id, options.wantedAt)
    this.look()
  }

  start(): void {
    this.ticking = window.setInterval(() => this.look(), TICK_MS)
    this.stops.push(
      on(document, 'visibilitychange', () => this.seen()),
      on(window, 'online', () => this.retry()),
      this.grant.onToken((grant) => this.mse?.renew(grant.token)),
    )
    this.play()
  }

  stop(): void {
    clearInterval(this.ticking)
    clearTimeout(this.pausing)
    this.ticking = 0
    for (const stop of this.stops.splice(0)) stop()
    this.silence()
  }

  /** The camera as the registry now knows it (presence, may, viewers). */
  known(camera: Camera): void {
    const before = this.camera
    this.camera = camera
    if (camera.may.live && (!before.may.live || (before.presence.state !== 'online' && camera.presence.state === 'online'))) this.retry()
    if (!camera.may.live && before.may.live) this.silence()
    this.look()
  }

  /** Try at once instead of at the next beat; also begins anew after an end. */
  retry(): void {
    if (this.ticking === 0 || this.hiddenSince !== null) return
    const dead = this.status.phase === 'ended' || this.status.phase === 'unplayable'
    if (!this.session && !this.mse && !this.reel) this.play()
    else if (dead && !this.mse && !this.reel) this.play()
    else this.session?.kick()
  }

  /** `current` false: a frame of the connection that is being replaced, whose RTP base says nothing any more. */
  frame(now: number, rtp: number | null, presentationTime: number, current: boolean): void {
    this.frames.shown(now, current ? rtp : null, presentationTime)
    if (current) this.session?.frame()
    if (this.frames.record.count === 1) this.look()
  }

  video(element: HTMLVideoElement): void {
    this.element = element
    this.mse?.attach(element)
  }

  private play(): void {
    this.silence()
    this.mseTries = 0
    if (!this.camera.may.live) return this.look()
    this.frames.record.via = 'webrtc'
    this.session = new LiveSession(this.grant, [{ camera: this.camera.id, stream: this.stream }], {
      tracks: ([track]) => {
        this.tile = null // its RTP base was the old connection's
        if (track) this.media.value = { kind: 'stream', stream: new MediaStream([track]) }
      },
      status: (status) => this.heard(status),
      state: (tiles) => this.heardTile(tiles),
      weak: () => { this.weak = true },
    })
    this.session.start()
  }

  private heard(status: SessionStatus): void {
    this.status = status
    if (status.phase === 'unplayable') this.playOtherwise()
    this.look()
  }

  private heardTile(tiles: TileState[]): void {
    const [tile] = tiles
    if (!tile) return
    this.tile = tile
    if (tile.stream === this.stream) this.weak = false
    this.look()
  }

  private playOtherwise(): void {
    this.session?.stop()
    this.session = null
    if (typeof MediaSource !== 'undefined' && this.mseTries < MSE_TRIES) void this.playMse()
    else this.playSnapshots()
  }

  private async playMse(): Promise<void> {
    this.mseTries += 1
    try {
      const [grant, { MsePlayer }] = await Promise.all([this.grant.get(), import('./mse')])
      if (this.ticking === 0 || this.hiddenSince !== null) return
      this.frames.record.via = 'mse'
      this.status = { phase: 'up' }
      this.mse = new MsePlayer(grant.relay.media, this.camera.id, this.stream, grant.token, {
        url: (url) => { this.media.value = { kind: 'url', url } },
        state: (tiles, serverNow) => {
          // One way only: the trip here is counted as age of the picture, never hidden.
          this.mseOffset = Math.max(this.mseOffset ?? -Infinity, serverNow - wall())
          this.heardTile(tiles)
        },
        failed: (why) => {
          this.mse = null
          if (this.frames.lastAt !== null && performance.now() - this.frames.lastAt < 10_000) this.mseTries = 0
          if (why === 'unsupported') this.mseTries = MSE_TRIES
          this.retrying = window.setTimeout(() => this.playOtherwise(), reconnectDelayMs(this.mseTries, Math.random()))
        },
      })
      if (this.element) this.mse.attach(this.element)
    } catch {
      this.retrying = window.setTimeout(() => this.playOtherwise(), reconnectDelayMs(this.mseTries, Math.random()))
    }
  }

  private playSnapshots(): void {
    this.frames.record.via = 'snapshots'
    this.status = { phase: 'up' }
    this.tile = null
    this.reel = new SnapshotReel(this.grant, this.camera.id, SNAPSHOT_EVERY_MS, (shot, problem) => {
      if (problem?.status === 503) this.status = { phase: 'no_picture', code: problem.code }
      else if (problem) this.status = { phase: 'away' }
      else this.status = { phase: 'up' }
      // The same keyframe again is not a new frame.
      if (shot && !problem && shot.capturedAt !== this.capturedAt) {
        this.capturedAt = shot.capturedAt
        this.media.value = { kind: 'image', url: shot.url }
      }
      this.look()
    })
  }

  private silence(): void {
    clearTimeout(this.retrying)
    this.session?.stop()
    this.mse?.close()
    this.reel?.stop()
    this.session = this.mse = this.reel = null
    this.tile = null
    this.weak = false
  }

  private seen(): void {
    const now = performance.now()
    if (document.hidden) {
      this.hiddenSince = now
      this.pausing = window.setTimeout(() => this.silence(), PAUSE_AFTER_HIDDEN_MS)
      return
    }
    const paused = this.hiddenSince !== null && now - this.hiddenSince >= PAUSE_AFTER_HIDDEN_MS
    clearTimeout(this.pausing)
    this.hiddenSince = null
    if (paused || (!this.session && !this.mse && !this.reel)) this.play()
    else this.frames.excuse(now)
    this.look()
  }

  private get ageMs(): number | null {
    const { reel, mse, tile, session, frames } = this
    if (frames.lastAt === null) return null
    if (reel) return this.capturedAt === null ? null : Math.max(0, (session?.clock.at(wall()) ?? wall()) - this.capturedAt)
    const newest = tile && tile.captured_at !== null ? { rtp: tile.rtp ?? 0, captured_at: tile.captured_at } : null
    if (newest === null) return null
    if (mse) return this.mseOffset === null ? null : Math.max(0, wall() + this.mseOffset - newest.captured_at + mse.behindS * 1000)
    const server = session?.clock.at(wall()) ?? null
    if (server === null) return null
    // Without rtpTimestamp (Safari) the newest unit sent stands for the one shown: right within the jitter buffer.
    return frameAgeMs(frames.lastRtp ?? newest.rtp, newest, server)
  }

  /** Between two connections the age is unknown for a moment: the last known one goes on growing, 2 s at most. */
  private carried(now: number, ageMs: number | null): number | null {
    if (ageMs !== null) this.lastAge = { ageMs, at: now }
    else if (this.lastAge && now - this.lastAge.at < CARRY_MS) return this.lastAge.ageMs + now - this.lastAge.at
    return ageMs
  }

  private look(): void {
    const now = performance.now()
    const { frames, camera } = this
    frames.record.ageMs = this.carried(now, this.ageMs)
    const next = pictureState({
      now, wallNow: wall(), wantedAt: frames.wantedAt, lastFrameAt: frames.lastAt, ageMs: frames.record.ageMs,
      presence: camera.presence, may: camera.may, status: this.status, relay: this.tile?.state ?? null,
      weak: this.weak, stills: this.reel !== null, family: this.options.family, fault: null,
    })
    frames.record.state = next.kind
    const before = this.view.value as PictureView | null
    if (before?.kind !== next.kind || before.word.zh !== next.word.zh || before.detail.zh !== next.detail.zh) this.view.value = next
  }
}

/** When presence says the last frame was, epoch ms. */
export const lastFrameAt = (camera: Camera): number | null => instant(camera.presence.last_frame_at)

/** Epoch ms on the performance clock: never jumps while the page lives. */
const wall = (): number => performance.timeOrigin + performance.now()

function on(target: EventTarget, name: string, hear: () => void): () => void {
  target.addEventListener(name, hear)
  return () => target.removeEventListener(name, hear)
}
