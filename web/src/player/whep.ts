import { Problem } from '@/api/problem'
import { problemFrom } from '@/api/http'
import { audioCodecs, videoCodecs, withoutLocalNames } from './sdp'

/** Why no picture comes over WebRTC: `codec` and `ice` are reasons for the fallback, the others for waiting. */
export type WhepFailure = 'codec' | 'ice' | 'token' | 'missing' | 'no_picture' | 'network' | 'fault'

export class WhepError extends Error {
  /** `code` of the problem+json: for no_picture the presence state. */
  constructor(readonly failure: WhepFailure, readonly code = '') {
    super(`whep: ${failure}${code ? ` (${code})` : ''}`)
    this.name = 'WhepError'
  }
}

export interface WhepAsked {
  /** Full URL of the WHEP resource, e.g. https://relay/whep/cam_x/main */
  url: string
  token: string
  iceServers: RTCIceServer[]
  /** How many video transceivers to offer; 1 for a single camera, N for a wall. */
  videos: number
  audio?: boolean
}

const ANSWER_WITHIN_MS = 8_000
const CONNECT_WITHIN_MS = 8_000

function offerTransceivers(peer: RTCPeerConnection, asked: WhepAsked): RTCRtpReceiver[] {
  const codecs = videoCodecs(RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [])
  if (codecs.length === 0) throw new WhepError('codec')
  const receivers = Array.from({ length: asked.videos }, () => {
    const transceiver = peer.addTransceiver('video', { direction: 'recvonly' })
    transceiver.setCodecPreferences?.(codecs)
    // Before any SDP, or it has no effect: show frames as they come (10 ms instead of 26 in our measurement).
    if ('jitterBufferTarget' in transceiver.receiver) transceiver.receiver.jitterBufferTarget = 0
    return transceiver.receiver
  })
  if (asked.audio) {
    const transceiver = peer.addTransceiver('audio', { direction: 'recvonly' })
    transceiver.setCodecPreferences?.(audioCodecs(RTCRtpReceiver.getCapabilities?.('audio')?.codecs ?? []))
  }
  return receivers
}

function failureOf(problem: Problem): WhepFailure {
  const { status } = problem
  if (status === 406 || status === 415) return 'codec'
  if (status === 401 || status === 403) return 'token'
  if (status === 404) return 'missing'
  if (status === 503) return 'no_picture'
  return status === 0 ? 'network' : 'fault'
}

/** One PeerConnection in a relay (draft-ietf-wish-whep): open it, look at `tracks`, close it. */
export class WhepConnection {
  /** Called once when the connection dies after it was up. */
  onDead: () => void = () => undefined
  private closed = false

  private constructor(
    readonly peer: RTCPeerConnection,
    readonly receivers: RTCRtpReceiver[],
    /** Absolute URL of the session, for PATCH and DELETE. */
    readonly resource: string,
    private token: string,
  ) {
    peer.addEventListener('connectionstatechange', () => {
      if (!this.closed && (peer.connectionState === 'failed' || peer.connectionState === 'closed')) this.onDead()
    })
  }

  /** Last path part of the resource: the id for WS /channel/{id}. */
  get id(): string {
    return new URL(this.resource).pathname.split('/').pop() ?? ''
  }

  get tracks(): MediaStreamTrack[] {
    return this.receivers.map((receiver) => receiver.track)
  }

  static async open(asked: WhepAsked, send: typeof fetch = (input, init) => fetch(input, init)): Promise<WhepConnection> {
    if (typeof RTCPeerConnection === 'undefined') throw new WhepError('codec')
    const peer = new RTCPeerConnection({ iceServers: asked.iceServers, bundlePolicy: 'max-bundle' })
    try {
      const receivers = offerTransceivers(peer, asked)
      await peer.setLocalDescription(await peer.createOffer())
      const answer = await post(asked, withoutLocalNames(peer.localDescription?.sdp ?? ''), send)
      const connection = new WhepConnection(peer, receivers, answer.resource, asked.token)
      try {
        await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
        await connected(peer)
      } catch (caught) {
        void connection.close(send)
        throw caught
      }
      return connection
    } catch (caught) {
      peer.close()
      throw caught instanceof WhepError ? caught : new WhepError('fault')
    }
  }

  /** The session lives on with this grant token; used for the DELETE. */
  renewed(token: string): void {
    this.token = token
  }

  /** Close here at once, and tell the relay (kept alive when the page is going away). */
  async close(send: typeof fetch = (input, init) => fetch(input, init)): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.peer.close()
    await send(this.resource, {
      method: 'DELETE', keepalive: true, headers: { Authorization: `Bearer ${this.token}` },
    }).catch(() => undefined) // a relay that is gone has forgotten the session by itself
  }
}

async function post(asked: WhepAsked, sdp: string, send: typeof fetch): Promise<{ sdp: string; resource: string }> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS)
  try {
    const answer = await send(asked.url, {
      method: 'POST', body: sdp, signal: stop.signal,
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${asked.token}` },
    })
    if (!answer.ok) {
      const problem = await problemFrom(answer)
      throw new WhepError(failureOf(problem), problem.code)
    }
    const location = answer.headers.get('Location')
    if (!location) throw new WhepError('fault')
    return { sdp: await answer.text(), resource: new URL(location, asked.url).href }
  } catch (caught) {
    throw caught instanceof WhepError ? caught : new WhepError('network')
  } finally {
    clearTimeout(late)
  }
}

function connected(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(late)
      peer.removeEventListener('connectionstatechange', look)
      act()
    }
    const look = (): void => {
      if (peer.connectionState === 'connected') finish(resolve)
      else if (peer.connectionState === 'failed' || peer.connectionState === 'closed') {
        finish(() => reject(new WhepError('ice')))
      }
    }
    const late = setTimeout(() => finish(() => reject(new WhepError('ice'))), CONNECT_WITHIN_MS)
    peer.addEventListener('connectionstatechange', look)
    look()
  })
}
