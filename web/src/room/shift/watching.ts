export const REST_AFTER_MS = 90 * 60_000
/** Away this long counts as a rest. */
const RESTED_MS = 5 * 60_000

/** How long somebody has watched without a rest. A page hidden or asleep for 5 min begins anew. */
export class Watching {
  private lastAt: number
  constructor(public since: number) {
    this.lastAt = since
  }

  /** Called each second while the page is visible. */
  seen(now: number): void {
    if (now - this.lastAt >= RESTED_MS) this.since = now
    this.lastAt = now
  }

  rested(now: number): void {
    this.since = this.lastAt = now
  }

  forMs(now: number): number {
    return now - this.since
  }

  tired(now: number): boolean {
    return this.forMs(now) >= REST_AFTER_MS
  }
}
