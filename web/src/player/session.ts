import { problemOf } from '@/api/problem'
import type { Grant, StreamName } from '@/api/types'
import { reconnectDelayMs } from './backoff'
import { SessionChannel, type EndReason, type TileState } from './channel'
import { ServerClock } from './clock'
import type { HeldGrant } from './grant'
import { WhepConnection, WhepError } from './whep'

export interface Slot { camera: string; stream: StreamName }

export type SessionStatus =
  | { phase: 'connecting' }
  | { phase: 'up' }
  /** The relay has no picture of it now; `code` is the presence state. Tried again by itself. */
  | { phase: 'no_picture'; code: string }
  /** Cut off from relay or registry. Tried again by itself. */
  | { phase: 'away' }
  /** WebRTC cannot serve here: use a fallback. Not tried again. */
  | { phase: 'unplayable'; why: 'codec' | 'ice' }
  | { phase: 'ended'; reason: EndReason | 'refused' | 'session' }

export interface SessionHearers {
  /**
   * New media, one track per tile. The old connection is kept until the first frame of the new one.
   * `carries[i]` is what the relay was asked to send on track i, "camera:stream"; a tile that was changed
   * meanwhile gets its `switched` later.
   */
  tracks(tracks: MediaStreamTrack[], carries: (string | null)[]): void
  status(status: SessionStatus): void
  state?(tiles: TileState[]): void
  switched?(tile: number, camera: string | null, seq: number, after?: number | null): void
  weak?(tile: number): void
}

export interface SessionParts {
  open: typeof WhepConnection.open
  channel: (...made: ConstructorParameters<typeof SessionChannel>) => SessionChannel
  now: () => number
  random: () => number
  hidden: () => boolean
}

const REAL: SessionParts = {
  open: (asked) => WhepConnection.open(asked),
  channel: (...made) => new SessionChannel(...made),
  now: () => performance.now(),
  random: () => Math.random(),
  hidden: () => document.hidden,
}

const ICE_TRIES = 2
const TOKEN_TRIES = 2
const NO_PICTURE_RETRY_MS = 4_000
/** Connected and the relay sends, yet nothing is shown: after this long the connection is replaced. */
const SILENT_MS = 4_000
const KEEP_OLD_MS = 3_000
/** Rooms are few and must be back within 5 s: a wall never waits longer than the second step (2 s ± 30 %). */
const WALL_STEADY_AT = 2

/**
 * One live viewing session in a relay that stays alive by itself: grant, WHEP, channel, renewal, reconnection.
 *
 * - Single camera: `new LiveSession(grant, [{camera, stream}], hearers)`.
 * - Wall: `{ pooled: true }` and one slot (or null) per tile; `assign` changes a tile without renegotiation.
 */
export class LiveSession {
  readonly clock = new ServerClock()
  private connection: WhepConnection | null = null
  private channel: SessionChannel | null = null
  private round = 0
  private attempt = 0
  private iceFailures = 0
  private tokenFailures = 0
  private timer = 0
  private watch = 0
  private seq = 0
  private frameAt = 0
  private sending = false
  private running = false
  private waiting = false
  private dropOld: () => void = () => undefined
  private stopTokens: () => void = () => undefined

  constructor(
    private readonly grant: HeldGrant,
    private slots: (Slot | null)[],
    private readonly hearers: SessionHearers,
    private readonly options: { pooled?: boolean; audio?: boolean } = {},
    private readonly parts: SessionParts = REAL,
  ) {}

  start(): void {
    if (this.running) return
    this.running = true
    this.attempt = 0
    this.stopTokens = this.grant.onToken((grant) => this.renewed(grant))
    this.watch = window.setInterval(() => this.look(), 1000)
    this.hearers.status({ phase: 'connecting' })
    void this.connect()
  }

  stop(): void {
    this.running = false
    this.round++
    clearTimeout(this.timer)
    clearInterval(this.watch)
    this.stopTokens()
    this.drop()
  }

  /** Something changed for the better (network back, camera online): try now instead of at the next beat. */
  kick(): void {
    if (!this.running || !this.waiting) return
    this.attempt = 0
    void this.connect()
  }

  /** Put a camera on a tile of a pooled session, or null to empty it. Returns the seq that `switched` will carry. */
  assign(tile: number, slot: Slot | null): number {
    this.slots[tile] = slot
    this.seq += 1
    this.channel?.tile(tile, slot?.camera ?? null, slot?.stream ?? 'sub', this.seq)
    return this.seq
  }

  /** The page showed a new frame of the newest tracks (never call it for frames of the tracks being replaced). */
  frame(): void {
    this.frameAt = this.parts.now()
    this.dropOld()
  }

  /** What the offer itself asks for. A wall's list has no holes: tiles behind an empty one are assigned over the channel. */
  private asked(): (string | null)[] {
    const all = this.slots.map((slot) => slot && `${slot.camera}:${slot.stream}`)
    const hole = this.options.pooled ? all.indexOf(null) : -1
    return hole < 0 ? all : all.map((slot, tile) => (tile < hole ? slot : null))
  }

  private url(grant: Grant, asked: (string | null)[]): string {
    if (this.options.pooled) {
      const tiles = asked.filter((slot) => slot !== null).join(',')
      return `${grant.relay.whep}/wall${tiles ? `?tiles=${tiles}` : ''}`
    }
    const [slot] = this.slots
    return `${grant.relay.whep}/${slot?.camera ?? ''}/${slot?.stream ?? 'main'}`
  }

  private async connect(): Promise<void> {
    const round = ++this.round
    clearTimeout(this.timer)
    this.waiting = false
    try {
      const grant = await this.grant.get()
      if (round !== this.round) return
      const asked = this.asked()
      const connection = await this.parts.open({
        url: this.url(grant, asked), token: grant.token, iceServers: grant.ice_servers,
        videos: this.slots.length, audio: this.options.audio ?? false,
      })
      if (round !== this.round) return void connection.close()
      this.adopt(connection, grant, asked)
    } catch (caught) {
      if (round === this.round && this.running) this.failed(caught)
    }
  }

  private adopt(connection: WhepConnection, grant: Grant, asked: (string | null)[]): void {
    this.retire()
    this.connection = connection
    this.attempt = this.iceFailures = this.tokenFailures = 0
    this.frameAt = this.parts.now()
    this.sending = false
    connection.onDead = () => {
      if (this.connection === connection) this.again(reconnectDelayMs(0, this.parts.random()), { phase: 'away' })
    }
    this.channel = this.parts.channel(`${grant.relay.channel}/${connection.id}`, grant.token, {
      opened: () => this.reassign(asked),
      state: (tiles) => {
        this.sending = tiles.some((tile) => tile.state === 'live')
        this.hearers.state?.(tiles)
      },
      switched: (tile, camera, seq, after) => this.hearers.switched?.(tile, camera, seq, after),
      weak: (tile) => this.hearers.weak?.(tile),
      ended: (reason) => this.ended(reason),
      lost: () => { if (this.connection === connection) this.again(0, { phase: 'away' }) },
    }, this.clock)
    this.hearers.tracks(connection.tracks, [...asked])
    this.hearers.status({ phase: 'up' })
  }

  /** Tiles that changed while the connection was being made. */
  private reassign(asked: (string | null)[]): void {
    if (!this.options.pooled) return
    this.slots.forEach((slot, tile) => {
      const wanted = slot && `${slot.camera}:${slot.stream}`
      if (wanted !== asked[tile]) this.assign(tile, slot)
      asked[tile] = wanted
    })
  }

  /** Make before break: the old connection goes with the first frame of the new one, at latest after 3 s. */
  private retire(): void {
    const { connection, channel } = this
    this.dropOld()
    channel?.close()
    if (!connection) return
    connection.onDead = () => undefined
    const late = window.setTimeout(() => this.dropOld(), KEEP_OLD_MS)
    this.dropOld = () => {
      clearTimeout(late)
      this.dropOld = () => undefined
      void connection.close()
    }
  }

  private drop(): void {
    this.retire()
    this.dropOld()
    this.connection = null
    this.channel = null
  }

  private renewed(grant: Grant): void {
    this.connection?.renewed(grant.token)
    this.channel?.renew(grant.token)
  }

  private ended(reason: EndReason): void {
    if (reason === 'moved') {
      // A relay that drains tells all its viewers at once: spread them, and let the registry name the next relay.
      this.timer = window.setTimeout(() => {
        void this.grant.fresh().catch(() => undefined).then(() => { if (this.running) void this.connect() })
      }, this.parts.random() * 400)
    } else if (reason === 'expired') {
      this.grant.forget()
      this.again(0, { phase: 'connecting' })
    } else this.finish({ phase: 'ended', reason })
  }

  private finish(status: SessionStatus): void {
    this.stop()
    this.hearers.status(status)
  }

  private again(delayMs: number, status: SessionStatus): void {
    clearTimeout(this.timer)
    this.waiting = true
    this.hearers.status(status)
    this.timer = window.setTimeout(() => void this.connect(), delayMs)
  }

  private failed(caught: unknown): void {
    if (this.connection && this.connection.peer.connectionState !== 'connected') this.drop()
    const step = this.attempt++
    const wait = reconnectDelayMs(this.options.pooled ? Math.min(step, WALL_STEADY_AT) : step, this.parts.random())
    if (!(caught instanceof WhepError)) {
      const { kind } = problemOf(caught)
      if (kind === 'refused') return this.finish({ phase: 'ended', reason: 'refused' })
      if (kind === 'session') return this.finish({ phase: 'ended', reason: 'session' })
      return this.again(wait, { phase: 'away' })
    }
    switch (caught.failure) {
      case 'codec':
        return this.finish({ phase: 'unplayable', why: 'codec' })
      case 'ice':
        if (++this.iceFailures >= ICE_TRIES) return this.finish({ phase: 'unplayable', why: 'ice' })
        return this.again(0, { phase: 'away' })
      case 'token':
        if (++this.tokenFailures >= TOKEN_TRIES) return this.finish({ phase: 'ended', reason: 'refused' })
        this.grant.forget()
        return this.again(0, { phase: 'connecting' })
      case 'no_picture':
      case 'missing':
        this.attempt = 1
        return this.again(NO_PICTURE_RETRY_MS * (0.7 + this.parts.random() * 0.6),
          { phase: 'no_picture', code: caught.code })
      default:
        // The relay may be gone for good: the renewed grant names one that lives.
        void this.grant.fresh().catch(() => undefined)
        return this.again(wait, { phase: 'away' })
    }
  }

  private look(): void {
    if (this.parts.hidden()) this.frameAt = this.parts.now() // hidden pages show no frames
    if (!this.connection) return
    const silent = this.parts.now() - this.frameAt
    const shaky = this.connection.peer.connectionState !== 'connected' && silent > SILENT_MS / 2
    if (!shaky && !(this.sending && silent > SILENT_MS)) return
    this.frameAt = this.parts.now() // one replacement at a time
    void this.connect()
  }
}
