import { shallowRef } from 'vue'
import type { Camera, Grant, PurposeCode, ViewAsked, ViewRefused } from '@/api/types'
import { problemOf, type Problem } from '@/api/problem'
import { reconnectDelayMs } from '@/player/backoff'
import { HeldGrant, type GrantOffice } from '@/player/grant'
import { LiveSession, type SessionStatus } from '@/player/session'
import { SnapshotReel } from '@/player/snapshots'
import { PLACES } from './layout'
import { WallTile } from './wallTile'

/** A grant names at most this many cameras (contracts.md). */
export const GRANT_CAMERAS = 64
const TICK_MS = 250
const PAUSE_AFTER_HIDDEN_MS = 60_000
const SNAPSHOT_EVERY_MS = 2_000
const CALM_AFTER_MS = 60_000

export interface WallHearers {
  /** The register got this many new rows. */
  logged(rows: number): void
  /** The login session is over. */
  sessionGone(): void
  /** Rights may have changed: read the cameras again before the next try. */
  reread(): Promise<void>
}

const view = (camera: string): ViewAsked => ({ camera, streams: ['main', 'sub'] })

/**
 * The wall's pictures: one grant, one PeerConnection with 16 pooled receivers, tiles switched over the session channel.
 * `show` is told what should stand where, as often as it changes; everything else happens by itself.
 */
export class WallSession {
  readonly tiles = Array.from({ length: PLACES }, (_, index) => new WallTile(index))
  /** Where this browser cannot play live: pictures every 2 s instead. */
  readonly stills = shallowRef(false)
  /** Why nothing is shown at all, from the registry; null while all is well. */
  readonly refusal = shallowRef<Problem | null>(null)
  private grant: HeldGrant | null = null
  private session: LiveSession | null = null
  /** What each tile of the session was last asked to carry. */
  private asked: (string | null)[] = []
  private reels = new Map<number, SnapshotReel>()
  private reelOf = new Map<number, string>()
  private covered = new Set<string>()
  private refused = new Map<string, ViewRefused>()
  private status: SessionStatus = { phase: 'connecting' }
  private wanted: (string | null)[] = []
  private main: number | null = null
  private adding = false
  private attempt = 0
  private upSince = 0
  private restarting = 0
  private ticking = 0
  private pausing = 0
  private paused = false
  private stops: (() => void)[] = []

  constructor(
    private readonly office: GrantOffice,
    private readonly cameraOf: (id: string) => Camera | undefined,
    private readonly purpose: { code: PurposeCode; text?: string },
    private readonly hearers: WallHearers,
  ) {}

  start(): void {
    this.ticking = window.setInterval(() => this.look(), TICK_MS)
    const seen = (): void => this.seen()
    const back = (): void => this.session?.kick()
    document.addEventListener('visibilitychange', seen)
    window.addEventListener('online', back)
    this.stops = [() => document.removeEventListener('visibilitychange', seen), () => window.removeEventListener('online', back)]
  }

  stop(): void {
    clearInterval(this.ticking)
    for (const stop of this.stops.splice(0)) stop()
    this.hangUp()
    for (const tile of this.tiles) tile.want(null, false, performance.now())
    this.look()
  }

  /** `wanted[i]` stands on tile i; tile `main` (full screen) gets the main stream. */
  show(wanted: readonly (string | null)[], main: number | null): void {
    this.wanted = [...wanted]
    this.main = main
    const now = performance.now()
    this.tiles.forEach((tile, index) => {
      const camera = (wanted[index] && this.cameraOf(wanted[index])) || null
      if ((camera?.id ?? null) !== tile.id) tile.want(camera && this.judged(camera), this.status.phase === 'up', now)
      else if (camera) tile.camera.value = this.judged(camera)
      tile.stream = index === main ? 'main' : 'sub'
    })
    this.settle()
    this.look()
  }

  /** The registry says something new of a camera: rights, presence, viewers. */
  known(camera: Camera): void {
    if (!this.tiles.some((tile) => tile.id === camera.id)) return
    if (camera.may.live) this.refused.delete(camera.id)
    else this.covered.delete(camera.id)
    this.show(this.wanted, this.main)
  }

  shown(index: number, now: number, rtp: number | null, presentationTime: number): void {
    this.session?.frame()
    this.tiles[index]?.shown(now, rtp, presentationTime)
    if (this.tiles[index]?.frames.record.count === 1) this.look()
  }

  /** A person asks: try now. */
  retry(): void {
    clearTimeout(this.restarting)
    this.attempt = 0
    this.refused.clear()
    if (this.session) this.session.kick()
    else void this.hearers.reread().finally(() => this.settle())
  }

  private judged(camera: Camera): Camera {
    const no = this.refused.get(camera.id)
    return no && camera.may.live ? { ...camera, may: { live: false, reason: no.reason, hint: no.hint, hint_en: no.hint_en } } : camera
  }

  /** Bring grant, connection and tiles in line with what is wanted. Called again whenever one of them moved. */
  private settle(): void {
    if (this.paused || this.ticking === 0) return
    const playable = this.tiles.filter((tile) => tile.camera.value?.may.live)
    if (playable.length === 0) return this.assignAll()
    const missing = playable.map((tile) => tile.id as string).filter((id) => !this.covered.has(id))
    if (this.grant === null || (missing.length > 0 && this.covered.size + missing.length > GRANT_CAMERAS)) {
      return this.begin(playable.map((tile) => tile.id as string))
    }
    this.assignAll()
    if (missing.length > 0 && this.grant.now !== null) void this.widen([...new Set(missing)])
  }

  private begin(cameras: string[]): void {
    this.hangUp()
    const grant = new HeldGrant(this.office, { kind: 'wall', purpose: this.purpose, views: [...new Set(cameras)].map(view) })
    this.grant = grant
    grant.onToken((token) => this.taken(token))
    this.status = { phase: 'connecting' }
    this.session = new LiveSession(grant, this.tiles.map(() => null), {
      tracks: (tracks, carries) => this.tiles.forEach((tile, index) => tile.given(tracks[index] ?? null, carries[index] ?? null)),
      status: (status) => this.heard(status),
      state: (states) => {
        for (const state of states) this.tiles[state.tile]?.heard(state)
        this.tiles.forEach((tile) => { if (tile.revoked && tile.id !== null) this.covered.delete(tile.id) })
      },
      switched: (tile, camera, seq, after) => this.tiles[tile]?.switched(camera, seq, after),
      weak: (tile) => this.tiles[tile]?.weakened(),
    }, { pooled: true })
    this.assignAll(true)
    this.session.start()
  }

  private taken(grant: Grant): void {
    const fresh = grant.views.filter(({ camera }) => !this.covered.has(camera))
    for (const { camera } of fresh) this.covered.add(camera)
    for (const no of grant.refused) this.refused.set(no.camera, no)
    this.refusal.value = null
    if (fresh.length > 0) this.hearers.logged(fresh.length)
    if (grant.refused.length > 0 || fresh.length > 0) queueMicrotask(() => this.show(this.wanted, this.main))
  }

  private async widen(cameras: string[]): Promise<void> {
    if (this.adding || !this.grant) return
    this.adding = true
    const { grant } = this
    try {
      await grant.get()
      await grant.cover(cameras.map(view))
      this.attempt = 0
      // Neither given nor refused by name: said as not ours, and not asked again and again.
      for (const camera of cameras) {
        if (!this.covered.has(camera) && !this.refused.has(camera)) this.refused.set(camera, { camera, reason: 'no_right', hint: '', hint_en: '' })
      }
    } catch (caught) {
      const { kind } = problemOf(caught)
      if (kind === 'session') return this.hearers.sessionGone()
      // A grant that is gone cannot be widened: a new one is asked for what stands on the wall.
      if (kind === 'missing' || kind === 'refused' || kind === 'invalid') this.hangUp()
      this.later()
    } finally {
      this.adding = false
    }
    if (grant === this.grant) this.show(this.wanted, this.main)
  }

  /** Tell the session what each tile should carry; before the answer `assign` only fills the slots of the offer. */
  private assignAll(atOnce = false): void {
    const { session } = this
    if (!session) return
    this.tiles.forEach((tile, index) => {
      const camera = tile.camera.value
      const may = camera?.may.live === true && (atOnce || this.covered.has(camera.id))
      const wanted = may ? `${camera.id}:${tile.stream}` : null
      if (wanted === this.asked[index]) return
      this.asked[index] = wanted
      tile.seq = session.assign(index, may ? { camera: camera.id, stream: tile.stream } : null)
    })
  }

  private heard(status: SessionStatus): void {
    this.status = status
    if (status.phase === 'up') this.upSince = performance.now()
    if (status.phase === 'unplayable') this.playStills()
    if (status.phase === 'ended') {
      if (status.reason === 'session') return this.hearers.sessionGone()
      this.cut()
    }
    this.look()
  }

  /** The relay ended us (revoked, refused): no picture stays; rights are read again, then what may be seen comes back. */
  private cut(): void {
    this.hangUp()
    const now = performance.now()
    for (const tile of this.tiles) tile.want(tile.camera.value, false, now)
    if (now - this.upSince > CALM_AFTER_MS) this.attempt = 0
    this.status = { phase: 'away' }
    this.later()
  }

  private later(): void {
    clearTimeout(this.restarting)
    this.restarting = window.setTimeout(() => {
      this.hearers.reread()
        .then(() => this.show(this.wanted, this.main))
        .catch((caught: unknown) => {
          const problem = problemOf(caught)
          if (problem.kind === 'session') return this.hearers.sessionGone()
          if (problem.kind !== 'network') this.refusal.value = problem
          this.later()
        })
    }, reconnectDelayMs(++this.attempt, Math.random()))
  }

  private hangUp(): void {
    clearTimeout(this.restarting)
    this.session?.stop()
    this.session = null
    for (const reel of this.reels.values()) reel.stop()
    this.reels.clear()
    void this.grant?.release()
    this.grant = null
    this.covered.clear()
    this.asked = []
  }

  private playStills(): void {
    this.session?.stop()
    this.stills.value = true
    this.status = { phase: 'up' }
  }

  private turnReels(): void {
    const { grant } = this
    if (!this.stills.value || !grant) return
    for (const [index, reel] of this.reels) {
      if (this.reelOf.get(index) === this.tiles[index]?.id) continue
      reel.stop()
      this.reels.delete(index)
    }
    for (const tile of this.tiles) {
      const id = tile.id
      if (id === null || !this.covered.has(id) || this.reels.has(tile.index)) continue
      this.reelOf.set(tile.index, id)
      this.reels.set(tile.index, new SnapshotReel(grant, id, SNAPSHOT_EVERY_MS, (shot) => { if (shot) tile.snapped(shot) }))
    }
  }

  private seen(): void {
    clearTimeout(this.pausing)
    if (document.hidden) {
      this.pausing = window.setTimeout(() => {
        this.paused = true
        this.hangUp()
      }, PAUSE_AFTER_HIDDEN_MS)
      return
    }
    const now = performance.now()
    for (const tile of this.tiles) tile.frames.excuse(now)
    if (this.paused) {
      this.paused = false
      this.settle()
    }
  }

  private look(): void {
    const now = performance.now()
    const wallNow = performance.timeOrigin + now
    const around = { now, wallNow, serverNow: this.session?.clock.at(wallNow) ?? null, status: this.status, fault: this.refusal.value?.reference ?? null }
    for (const tile of this.tiles) {
      tile.look(around)
      if (!document.hidden && this.status.phase === 'up' && tile.stuck(now)) this.poke(tile)
    }
    this.turnReels()
  }

  /** Assigned again, the relay sends from the cached keyframe on. */
  private poke(tile: WallTile): void {
    const camera = tile.id
    if (camera && this.session) tile.seq = this.session.assign(tile.index, { camera, stream: tile.stream })
  }
}
