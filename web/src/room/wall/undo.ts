export const UNDO_WITHIN_MS = 5_000
const DEEP = 20

/** Steps back: Ctrl+Z reaches 20 changes back; the offer on screen stands for 5 s after the last one. */
export class Undo<T> {
  private past: { before: T; at: number }[] = []

  did(before: T, now: number): void {
    this.past = [...this.past.slice(1 - DEEP), { before, at: now }]
  }

  /** What stood before the newest change, or null. */
  back(): T | null {
    return this.past.pop()?.before ?? null
  }

  /** Whether the offer 撤销 is still on screen. */
  offered(now: number): boolean {
    const last = this.past.at(-1)
    return last !== undefined && now - last.at < UNDO_WITHIN_MS
  }

  /** Another wall (scope, account): its past is not this one's. */
  forget(): void {
    this.past = []
  }
}
