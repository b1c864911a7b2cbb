import type { PresenceState, StreamName } from '@/api/types'
import { ServerClock } from './clock'

export type RelayState = 'live' | 'waiting' | 'stalled' | 'offline' | 'refused' | 'unsupported' | 'revoked'
export type EndReason = 'revoked' | 'expired' | 'moved' | 'camera_off'

/** What the relay says of one tile, once a second and at each change. */
export interface TileState {
  tile: number
  camera: string | null
  stream: StreamName | null
  state: RelayState
  cause: PresenceState | null
  rtp: number | null
  captured_at: number | null
  audio: boolean
}

export type ChannelMessage =
  | { type: 'pong'; t: number; now: number }
  | { type: 'switched'; tile: number; seq: number; camera: string | null; stream: StreamName | null; after?: number | null }
  | { type: 'state'; now: number; tiles: TileState[] }
  | { type: 'weak'; tile: number; stream: StreamName }
  | { type: 'ended'; reason: EndReason }

export interface ChannelHearers {
  opened?: () => void
  state?: (tiles: TileState[]) => void
  /** `after`: frames of the tile up to this RTP timestamp show the camera before; undefined: not told. */
  switched?: (tile: number, camera: string | null, seq: number, after?: number | null) => void
  weak?: (tile: number) => void
  ended?: (reason: EndReason) => void
  /** The socket cannot be had any more: the relay is gone or has forgotten the session. */
  lost?: () => void
}

const PING_EVERY_MS = 2_000
const SILENCE_MS = 6_000
const RETRY_MS = 300

/** `https://…` bases become `wss://…`; the grant may carry either. */
export const webSocketUrl = (base: string): string => base.replace(/^http/, 'ws')

export function parsed(text: string): ChannelMessage | null {
  try {
    const message = JSON.parse(text) as ChannelMessage
    return typeof message === 'object' && message !== null && 'type' in message ? message : null
  } catch {
    return null
  }
}

/** WS /channel/{id} of one WHEP session: grant, tiles, clock, state, end. One quick retry of its own, then `lost`. */
export class SessionChannel {
  private socket: WebSocket | null = null
  private pinging = 0
  private retrying = 0
  private heardAt = 0
  private retried = false
  private closed = false

  constructor(
    private readonly url: string,
    private token: string,
    private readonly hearers: ChannelHearers,
    readonly clock: ServerClock,
    /** Epoch milliseconds that never jump back while the page lives. */
    private readonly now: () => number = () => performance.timeOrigin + performance.now(),
  ) {
    this.open()
  }

  /** Give the relay a newer token of the same grant. */
  renew(token: string): void {
    this.token = token
    this.send({ type: 'grant', token })
  }

  tile(tile: number, camera: string | null, stream: StreamName, seq: number): void {
    this.send({ type: 'tile', tile, camera, stream, seq })
  }

  close(): void {
    this.closed = true
    this.send({ type: 'bye' })
    this.drop()
  }

  private open(): void {
    const socket = new WebSocket(webSocketUrl(this.url))
    this.socket = socket
    socket.onopen = () => {
      this.heardAt = this.now()
      this.send({ type: 'grant', token: this.token })
      this.ping()
      this.pinging = window.setInterval(() => this.ping(), PING_EVERY_MS)
      this.hearers.opened?.()
    }
    socket.onmessage = (event: MessageEvent<string>) => this.hear(event.data)
    socket.onclose = () => this.broken(socket)
  }

  private ping(): void {
    if (this.now() - this.heardAt > SILENCE_MS) this.socket?.close()
    else this.send({ type: 'ping', t: this.now() })
  }

  private hear(text: string): void {
    this.heardAt = this.now()
    const message = parsed(text)
    if (message === null) return
    switch (message.type) {
      case 'pong':
        this.retried = false
        return this.clock.heard(message.t, message.now, this.heardAt)
      case 'state':
        return this.hearers.state?.(message.tiles)
      case 'switched':
        return this.hearers.switched?.(message.tile, message.camera, message.seq, message.after)
      case 'weak':
        return this.hearers.weak?.(message.tile)
      case 'ended':
        this.closed = true
        this.drop()
        return this.hearers.ended?.(message.reason)
    }
  }

  private broken(socket: WebSocket): void {
    if (this.closed || socket !== this.socket) return
    this.drop()
    if (this.retried) return this.hearers.lost?.()
    this.retried = true
    this.retrying = window.setTimeout(() => this.open(), RETRY_MS)
  }

  private drop(): void {
    clearInterval(this.pinging)
    clearTimeout(this.retrying)
    const { socket } = this
    this.socket = null
    socket?.close()
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }
}
