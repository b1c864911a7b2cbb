import { shallowRef } from 'vue'
import type { Camera, StreamName } from '@/api/types'
import { frameAgeMs, rtpDelta } from '@/player/age'
import type { TileState } from '@/player/channel'
import { TileFrames } from '@/player/frames'
import { pictureState, type PictureFacts, type PictureView } from '@/player/pictureState'
import type { Snapshot } from '@/player/snapshots'
import type { Media } from '@/ui/Picture.vue'

/** What the wall as a whole knows when a tile looks at itself. */
export interface Surroundings extends Pick<PictureFacts, 'status' | 'fault'> {
  now: number
  wallNow: number
  /** The relay's clock, epoch ms; null before the first pong. */
  serverNow: number | null
}

/**
 * One place of the wall: which camera is wanted there, what is shown, since when, how old.
 * Nothing of the camera before may be seen under the new name: a frame counts only once the relay has said it
 * switched, and only if its timestamp is later than the last one of the camera before. The video element stays.
 */
export class WallTile {
  readonly camera = shallowRef<Camera | null>(null)
  readonly media = shallowRef<Media | null>(null)
  readonly view = shallowRef<PictureView | null>(null)
  readonly ageMs = shallowRef<number | null>(null)
  readonly frames: TileFrames
  stream: StreamName = 'sub'
  /** Of the last assignment; an older `switched` is not believed. */
  seq = 0
  /** What the relay sends here as far as we know, "camera:stream". */
  carried: string | null = null
  private relay: TileState | null = null
  private weak = false
  private track: MediaStreamTrack | null = null
  private shot: number | null = null
  private wasUp = false
  /** The element still shows the camera before: the relay has not said that it switched. */
  private waiting = false
  /** Timestamp of the last frame of the camera before. */
  private after: number | null = null
  private pokedAt = 0

  constructor(readonly index: number) {
    this.frames = new TileFrames(`tile-${index}`)
    this.frames.record.via = 'webrtc'
  }

  get id(): string | null {
    return this.camera.value?.id ?? null
  }

  /** Another camera (or none) is wanted here; `up`: the connection stands, so this is a switch. */
  want(camera: Camera | null, up: boolean, now: number): void {
    this.camera.value = camera
    const keeps = camera !== null && up && this.media.value?.kind === 'stream' && this.frames.lastRtp !== null
    if (!keeps) this.media.value = null
    this.waiting = keeps
    this.after = null
    this.relay = null
    this.weak = false
    this.shot = null
    this.carried = null
    this.wasUp = up
    this.frames.want(camera?.id ?? null, now)
  }

  /** A track that will carry `carries` (null: not known yet, wait for `switched`). */
  given(track: MediaStreamTrack | null, carries: string | null): void {
    if (track !== this.track) this.waiting = false // timestamps of another connection say nothing here
    this.track = track
    this.carried = carries
    if (carries !== null && carries.split(':')[0] === this.id) this.attach()
  }

  switched(camera: string | null, seq: number, after?: number | null): void {
    if (camera === null || camera !== this.id || seq < this.seq) return
    const already = this.carried?.startsWith(`${camera}:`) === true && this.media.value?.kind === 'stream'
    this.carried = `${camera}:${this.stream}`
    if (this.waiting && typeof after === 'number') {
      this.waiting = false
      this.after = after
    } else if (!already) {
      this.attach()
    }
  }

  /** Does a frame of the element show the camera that is wanted here? */
  readonly accepts = (rtp: number | null): boolean =>
    !this.waiting && (this.after === null || (rtp !== null && rtpDelta(rtp, this.after) > 0))

  heard(state: TileState): void {
    if (state.camera !== this.id) return
    this.relay = state
    if (state.stream === this.stream) this.weak = false
  }

  weakened(): void {
    this.weak = true
  }

  snapped(shot: Snapshot): void {
    if (shot.capturedAt !== null && shot.capturedAt === this.shot) return // the same keyframe again is no new frame
    this.shot = shot.capturedAt
    this.frames.record.via = 'snapshots'
    this.media.value = { kind: 'image', url: shot.url }
  }

  shown(now: number, rtp: number | null, presentationTime: number): void {
    this.frames.shown(now, rtp, presentationTime)
    if (this.frames.record.count === 1 && this.wasUp) this.frames.record.switchMs = this.frames.record.firstFrameMs
  }

  get revoked(): boolean {
    return this.relay?.state === 'revoked'
  }

  /** The relay sends, others move, this one stands: its decoder waits for a keyframe. True at most once in 6 s. */
  stuck(now: number): boolean {
    if (this.relay?.state !== 'live' || this.media.value?.kind !== 'stream') return false
    const since = Math.max(this.frames.lastAt ?? this.frames.wantedAt, this.pokedAt)
    if (now - since < 6_000) return false
    this.pokedAt = now
    return true
  }

  look({ now, wallNow, serverNow, status, fault }: Surroundings): void {
    const camera = this.camera.value
    if (camera === null) {
      this.view.value = this.ageMs.value = null
      this.frames.record.state = 'empty'
      return
    }
    const age = this.age(serverNow, wallNow)
    this.frames.record.ageMs = this.ageMs.value = age
    const next = pictureState({
      now, wallNow, wantedAt: this.frames.wantedAt, lastFrameAt: this.frames.lastAt, ageMs: age,
      presence: camera.presence, may: camera.may, status, relay: this.relay?.state ?? null,
      weak: this.weak, family: false, fault,
    })
    this.frames.record.state = next.kind
    const before = this.view.value
    if (before?.kind !== next.kind || before.word.zh !== next.word.zh || before.plate?.hint.zh !== next.plate?.hint.zh) this.view.value = next
  }

  private attach(): void {
    this.waiting = false
    this.after = null
    if (this.track) this.media.value = { kind: 'stream', stream: new MediaStream([this.track]) }
  }

  private age(serverNow: number | null, wallNow: number): number | null {
    if (this.frames.lastAt === null) return null
    if (this.media.value?.kind === 'image') return this.shot === null ? null : Math.max(0, (serverNow ?? wallNow) - this.shot)
    const { relay } = this
    if (!relay || relay.captured_at === null || serverNow === null) return null
    const newest = { rtp: relay.rtp ?? 0, captured_at: relay.captured_at }
    return frameAgeMs(this.frames.lastRtp ?? newest.rtp, newest, serverNow)
  }
}
