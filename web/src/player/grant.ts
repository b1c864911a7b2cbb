import { Problem, problemOf } from '@/api/problem'
import { instant, type Grant, type GrantAsked, type ViewAsked } from '@/api/types'
import { reconnectDelayMs } from './backoff'

/** The registry routes a grant needs (the `Registry` class has them). */
export interface GrantOffice {
  grant(asked: GrantAsked): Promise<Grant>
  addViews(grant: string, views: ViewAsked[]): Promise<Grant>
  renew(grant: string): Promise<Grant>
  release(grant: string): Promise<void>
}

const SLACK_MS = 5_000

/**
 * One grant kept fresh: asked once, renewed before it lapses, released at the end.
 * Several sessions, channels and snapshot readers may share it; `onToken` tells them of each newer token.
 */
export class HeldGrant {
  private current: Grant | null = null
  private asking: Promise<Grant> | null = null
  private timer = 0
  private failures = 0
  private hearers = new Set<(grant: Grant) => void>()
  private released = false

  constructor(private readonly office: GrantOffice, private asked: GrantAsked) {}

  get now(): Grant | null {
    return this.current
  }

  onToken(hear: (grant: Grant) => void): () => void {
    this.hearers.add(hear)
    return () => this.hearers.delete(hear)
  }

  /** A grant that is still good, asked for if needed. Throws `Problem`. */
  async get(): Promise<Grant> {
    const { current } = this
    if (current && (instant(current.expires_at) ?? 0) - SLACK_MS > Date.now()) return current
    return this.fresh()
  }

  /** Renew now, or ask anew when there is nothing to renew. Throws `Problem`. */
  fresh(): Promise<Grant> {
    this.asking ??= this.obtain().finally(() => { this.asking = null })
    return this.asking
  }

  /** Make sure the grant names these cameras; those it names already cost nothing. */
  async cover(views: ViewAsked[]): Promise<void> {
    const named = new Set(this.asked.views.map((view) => view.camera))
    const granted = new Set(this.current?.views.map((view) => view.camera) ?? [])
    const fresh = views.filter((view) => !named.has(view.camera))
    this.asked = { ...this.asked, views: [...this.asked.views, ...fresh] }
    const missing = views.filter((view) => !granted.has(view.camera))
    if (this.current && missing.length > 0) this.taken(await this.office.addViews(this.current.id, missing))
  }

  /** Throw the grant away and ask a new one next time (after a 401/403 of the relay). */
  forget(): void {
    const { current } = this
    this.clear()
    // Given back, or it would count as one more viewer until it lapses (≤ 300 s).
    if (current) void this.office.release(current.id).catch(() => undefined)
  }

  async release(): Promise<void> {
    this.released = true
    const { current } = this
    this.clear()
    this.hearers.clear()
    if (current) await this.office.release(current.id).catch(() => undefined)
  }

  private clear(): void {
    clearTimeout(this.timer)
    this.current = null
  }

  private async obtain(): Promise<Grant> {
    if (this.current) {
      try {
        return this.taken(await this.office.renew(this.current.id))
      } catch (caught) {
        const { kind } = problemOf(caught)
        if (kind !== 'missing' && kind !== 'refused' && kind !== 'invalid') throw caught
        this.clear() // lapsed or revoked: only a new request tells which
      }
    }
    return this.taken(await this.office.grant(this.asked))
  }

  private taken(grant: Grant): Grant {
    this.current = grant
    this.failures = 0
    this.arm(grant.renew_after_s * 1000)
    for (const hear of this.hearers) hear(grant)
    return grant
  }

  private arm(inMs: number): void {
    clearTimeout(this.timer)
    if (this.released) return
    this.timer = window.setTimeout(() => {
      this.fresh().catch((caught: unknown) => {
        const lasting = caught instanceof Problem && (caught.kind === 'refused' || caught.kind === 'session')
        if (!lasting) this.arm(reconnectDelayMs(++this.failures, Math.random()))
      })
    }, inMs)
  }
}
