import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Grant } from '@/api/types'
import type { ChannelHearers } from '@/player/channel'
import { HeldGrant, type GrantOffice } from '@/player/grant'
import { LiveSession, type SessionParts, type SessionStatus, type Slot } from '@/player/session'
import { WhepError, type WhepAsked, type WhepConnection } from '@/player/whep'

class Office implements GrantOffice {
  made = 0
  renewals = 0
  released: string[] = []
  fail: Problem | null = null
  private next(id: string): Grant {
    const relay = { whep: 'https://r/whep', channel: 'https://r/channel', media: '', snapshot: '' }
    return { id, kind: 'view', token: `t${this.made}.${this.renewals}`, expires_at: Date.now() + 300_000, renew_after_s: 200, relay, ice_servers: [], views: [], refused: [] }
  }
  async grant(): Promise<Grant> {
    if (this.fail) throw this.fail
    this.made += 1
    return this.next(`grt_${this.made}`)
  }
  async renew(id: string): Promise<Grant> {
    if (this.fail) throw this.fail
    this.renewals += 1
    return this.next(id)
  }
  addViews(id: string): Promise<Grant> { return this.renew(id) }
  async release(id: string): Promise<void> { this.released.push(id) }
}

class FakeConnection {
  static count = 0
  id = `whp_${++FakeConnection.count}`
  tracks: MediaStreamTrack[] = []
  peer = { connectionState: 'connected' }
  closed = false
  token = ''
  onDead: () => void = () => undefined
  renewed(token: string): void { this.token = token }
  async close(): Promise<void> { this.closed = true }
}

function rig(slots: (Slot | null)[] = [{ camera: 'cam_1', stream: 'main' }], pooled = false) {
  const office = new Office()
  const opened: WhepAsked[] = []
  const made: FakeConnection[] = []
  const channels: { url: string; hear: ChannelHearers; tiles: unknown[][]; renewed: string[]; closed: boolean }[] = []
  const statuses: SessionStatus[] = []
  const failures: Error[] = []
  const parts: SessionParts = {
    open: async (asked) => {
      opened.push(asked)
      const failure = failures.shift()
      if (failure) throw failure
      const one = new FakeConnection()
      made.push(one)
      return one as unknown as WhepConnection
    },
    channel: ((url: string, _token: string, hear: ChannelHearers) => {
      const one = { url, hear, tiles: [] as unknown[][], renewed: [] as string[], closed: false }
      channels.push(one)
      return {
        tile: (...told: unknown[]) => one.tiles.push(told), renew: (token: string) => one.renewed.push(token),
        close: () => { one.closed = true },
      }
    }) as unknown as SessionParts['channel'],
    now: () => Date.now(), random: () => 0.5, hidden: () => false,
  }
  const grant = new HeldGrant(office, { kind: 'view', views: [] })
  const session = new LiveSession(grant, slots, { tracks: () => undefined, status: (status) => statuses.push(status) }, { pooled }, parts)
  return { office, opened, made, channels, statuses, failures, grant, session }
}
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

describe('a live session', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('gets a grant, opens WHEP and the channel of that session', async () => {
    const { session, opened, channels, made, statuses } = rig()
    session.start()
    await settle()
    expect(opened[0]).toMatchObject({ url: 'https://r/whep/cam_1/main', token: 't1.0', videos: 1 })
    expect(channels[0]?.url).toBe(`https://r/channel/${made[0]?.id}`)
    expect(statuses.at(-1)).toEqual({ phase: 'up' })
    session.stop()
    expect(made[0]?.closed).toBe(true)
  })

  it('renews the grant before it lapses and tells relay and channel', async () => {
    const { session, office, channels, made } = rig()
    session.start()
    await settle(200_500)
    expect(office.renewals).toBe(1)
    expect(channels[0]?.renewed).toEqual(['t1.1'])
    expect(made[0]?.token).toBe('t1.1')
    session.stop()
  })

  it('comes back within half a second after the connection died', async () => {
    const { session, made, opened } = rig()
    session.start()
    await settle()
    made[0]?.onDead()
    await settle(500)
    expect(opened.length).toBe(2)
    expect(made[1]?.closed).toBe(false)
    session.stop()
  })

  it('goes on trying while the relay is away, and asks the registry for a living one', async () => {
    const { session, opened, office, failures, statuses } = rig()
    failures.push(new WhepError('network'), new WhepError('network'), new WhepError('fault'))
    session.start()
    await settle(10_000)
    expect(opened.length).toBe(4)
    expect(office.renewals).toBeGreaterThan(0)
    expect(statuses.at(-1)).toEqual({ phase: 'up' })
    session.stop()
  })

  it('makes before it breaks when the relay drains', async () => {
    const { session, made, channels, office } = rig()
    session.start()
    await settle()
    channels[0]?.hear.ended?.('moved')
    await settle(400)
    expect(office.renewals).toBe(1)
    expect([made.length, made[0]?.closed]).toEqual([2, false])
    session.frame() // first frame of the new tracks
    expect([made[0]?.closed, made[1]?.closed]).toEqual([true, false])
    session.stop()
  })

  it('lets the old connection go after 3 s even when nothing new is shown', async () => {
    const { session, made, channels } = rig()
    session.start()
    await settle()
    channels[0]?.hear.ended?.('moved')
    await settle(3_500)
    expect(made[0]?.closed).toBe(true)
    session.stop()
  })

  it.each(['revoked', 'camera_off'] as const)('ends for good on %s', async (reason) => {
    const { session, made, channels, statuses, opened } = rig()
    session.start()
    await settle()
    channels[0]?.hear.ended?.(reason)
    await settle(30_000)
    expect(statuses.at(-1)).toEqual({ phase: 'ended', reason })
    expect([made[0]?.closed, opened.length]).toEqual([true, 1])
  })

  it('asks a new grant when the relay does not take the token, and gives up at the second refusal', async () => {
    const { session, failures, office, statuses } = rig()
    failures.push(new WhepError('token'), new WhepError('token'))
    session.start()
    await settle(5_000)
    expect([office.made, office.released]).toEqual([2, ['grt_1']])
    expect(statuses.at(-1)).toEqual({ phase: 'ended', reason: 'refused' })
  })

  it('hands over to the fallback: no codec at once, no ICE at the second try', async () => {
    const codec = rig()
    codec.failures.push(new WhepError('codec'))
    codec.session.start()
    await settle()
    expect(codec.statuses.at(-1)).toEqual({ phase: 'unplayable', why: 'codec' })
    const ice = rig()
    ice.failures.push(new WhepError('ice'), new WhepError('ice'))
    ice.session.start()
    await settle(1_000)
    expect(ice.statuses.at(-1)).toEqual({ phase: 'unplayable', why: 'ice' })
    expect(ice.opened.length).toBe(2)
  })

  it('waits for a camera without a picture, and `kick` tries at once', async () => {
    const { session, failures, statuses, opened } = rig()
    failures.push(new WhepError('no_picture', 'unreachable'))
    session.start()
    await settle(100)
    expect(statuses.at(-1)).toEqual({ phase: 'no_picture', code: 'unreachable' })
    session.kick()
    await settle()
    expect(opened.length).toBe(2)
    session.stop()
  })

  it('a refused grant ends the session, a missing registry does not', async () => {
    const refused = rig()
    refused.office.fail = new Problem(403)
    refused.session.start()
    await settle()
    expect(refused.statuses.at(-1)).toEqual({ phase: 'ended', reason: 'refused' })
    const away = rig()
    away.office.fail = new Problem(0)
    away.session.start()
    await settle(100)
    away.office.fail = null
    await settle(2_000)
    expect(away.statuses.at(-1)).toEqual({ phase: 'up' })
    away.session.stop()
  })

  it('replaces a connection over which the relay sends but nothing is shown', async () => {
    const { session, channels, opened } = rig()
    session.start()
    await settle()
    channels[0]?.hear.state?.([{ tile: 0, camera: 'cam_1', stream: 'main', state: 'live', cause: null, rtp: 1, captured_at: 1, audio: false }])
    await settle(6_000)
    expect(opened.length).toBe(2)
    session.stop()
  })

  it('keeps a connection whose camera stalls', async () => {
    const { session, channels, opened } = rig()
    session.start()
    await settle()
    channels[0]?.hear.state?.([{ tile: 0, camera: 'cam_1', stream: 'main', state: 'stalled', cause: 'stalled', rtp: 1, captured_at: 1, audio: false }])
    await settle(20_000)
    expect(opened.length).toBe(1)
    session.stop()
  })

  it('pools tiles of a wall: first by query, later by the channel', async () => {
    const { session, opened, channels } = rig([{ camera: 'cam_a', stream: 'sub' }, null], true)
    session.start()
    await settle()
    expect(opened[0]?.url).toBe('https://r/whep/wall?tiles=cam_a:sub')
    expect(opened[0]?.videos).toBe(2)
    channels[0]?.hear.opened?.()
    expect(channels[0]?.tiles).toEqual([])
    const seq = session.assign(1, { camera: 'cam_b', stream: 'sub' })
    expect(channels[0]?.tiles).toEqual([[1, 'cam_b', 'sub', seq]])
    session.stop()
  })
})

describe('a held grant', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is asked once for many readers and released once', async () => {
    const office = new Office()
    const grant = new HeldGrant(office, { kind: 'view', views: [] })
    const all = await Promise.all([grant.get(), grant.get(), grant.get()])
    expect([office.made, new Set(all.map((one) => one.token)).size]).toEqual([1, 1])
    await grant.release()
    expect(office.released).toEqual(['grt_1'])
  })

  it('keeps renewing after a failed renewal', async () => {
    const office = new Office()
    const grant = new HeldGrant(office, { kind: 'view', views: [] })
    await grant.get()
    office.fail = new Problem(503)
    await settle(201_000)
    office.fail = null
    await settle(3_000)
    expect(office.renewals).toBe(1)
    await grant.release()
  })
})
