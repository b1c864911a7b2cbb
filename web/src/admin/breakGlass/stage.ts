import type { BreakGlass } from '@/api/admin'
import { instant } from '@/api/types'

export const isWaiting = (one: BreakGlass): boolean => one.state === 'pending'
/** Approved and its time not over: the list may be some seconds old. */
export const isRunning = (one: BreakGlass, nowMs: number): boolean =>
  one.state === 'open' && (instant(one.expires_at) ?? Infinity) > nowMs
export const isOver = (one: BreakGlass, nowMs: number): boolean => !isWaiting(one) && !isRunning(one, nowMs)
