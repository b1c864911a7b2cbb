import type { TileState } from './channel'
import { webSocketUrl } from './channel'

export interface MseHearers {
  /** A blob URL for a video element. */
  url(url: string): void
  state(tiles: TileState[], serverNow: number): void
  /** This way does not work (any more): `unsupported` for good, `lost` maybe later. */
  failed(why: 'unsupported' | 'lost'): void
}

type MediaText =
  | { type: 'init'; mime: string; width: number; height: number }
  | { type: 'state'; now: number; tiles: TileState[] }
  | { type: 'ended'; reason: string }

const BEHIND_MAX_S = 1.2
const KEEP_S = 10
const QUEUE_MAX = 64
const INIT_WITHIN_MS = 4_000

/** Fallback: fMP4 over WS /media/{camera}/{stream} into a MediaSource. Bounded queue; too late means jump to the newest. */
export class MsePlayer {
  private readonly source = new MediaSource()
  private readonly url = URL.createObjectURL(this.source)
  private readonly socket: WebSocket
  private buffer: SourceBuffer | null = null
  private queue: ArrayBuffer[] = []
  private video: HTMLVideoElement | null = null
  private closed = false
  private readonly late: number

  constructor(base: string, camera: string, stream: string, token: string, private readonly hearers: MseHearers) {
    this.socket = new WebSocket(`${webSocketUrl(base)}/${camera}/${stream}`)
    this.socket.binaryType = 'arraybuffer'
    this.socket.onopen = () => this.renew(token)
    this.socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) =>
      typeof event.data === 'string' ? this.hear(event.data) : this.take(event.data)
    this.socket.onclose = () => this.fail('lost')
    this.late = window.setTimeout(() => this.fail('lost'), INIT_WITHIN_MS)
    hearers.url(this.url)
  }

  renew(token: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: 'grant', token }))
  }

  /** The element that shows the URL; needed to stay near the live edge. */
  attach(video: HTMLVideoElement): void {
    this.video = video
  }

  /** Seconds between the frame on screen and the newest one received. */
  get behindS(): number {
    const { buffer, video } = this
    if (!buffer || !video || buffer.buffered.length === 0) return 0
    return Math.max(0, buffer.buffered.end(buffer.buffered.length - 1) - video.currentTime)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.late)
    this.socket.close()
    this.queue = []
    URL.revokeObjectURL(this.url)
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as MediaText
    if (message.type === 'state') this.hearers.state(message.tiles, message.now)
    else if (message.type === 'init') this.begin(message.mime)
    else this.fail('lost')
  }

  private begin(mime: string): void {
    clearTimeout(this.late)
    if (!MediaSource.isTypeSupported(mime)) return this.fail('unsupported')
    if (this.buffer) {
      // The camera changed its format: the next piece is the new init segment.
      this.queue = []
      if (!this.buffer.updating) return this.buffer.changeType(mime)
      return this.fail('lost') // begin anew rather than guess where the old format ends
    }
    const start = (): void => {
      this.buffer = this.source.addSourceBuffer(mime)
      this.buffer.mode = 'segments'
      this.buffer.addEventListener('updateend', () => this.pump())
      this.pump()
    }
    if (this.source.readyState === 'open') start()
    else this.source.addEventListener('sourceopen', start, { once: true })
  }

  private take(piece: ArrayBuffer): void {
    if (this.queue.length >= QUEUE_MAX) return this.fail('lost') // cannot decode in time: start anew at a keyframe
    this.queue.push(piece)
    this.pump()
  }

  private pump(): void {
    const { buffer, video } = this
    if (!buffer || buffer.updating || this.closed || this.source.readyState !== 'open') return
    const played = video?.currentTime ?? 0
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < played - KEEP_S) {
      return buffer.remove(0, played - KEEP_S / 2)
    }
    const next = this.queue.shift()
    if (next) {
      try {
        buffer.appendBuffer(next)
      } catch {
        return this.fail('unsupported')
      }
    }
    if (video && this.behindS > BEHIND_MAX_S) video.currentTime += this.behindS - 0.1
    else if (video && buffer.buffered.length > 0 && video.currentTime < buffer.buffered.start(0)) {
      video.currentTime = buffer.buffered.start(0)
    }
  }

  private fail(why: 'unsupported' | 'lost'): void {
    if (this.closed) return
    this.close()
    this.hearers.failed(why)
  }
}
