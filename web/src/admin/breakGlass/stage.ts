import type { BreakGlass } from '@/api/admin'
import { instant } from '@/api/types'

const WAITING: readonly string[] = ['asked', 'requested', 'pending', 'waiting']
const RUNNING: readonly string[] = ['approved', 'active', 'open', 'running']

export const isWaiting = (one: BreakGlass): boolean => WAITING.includes(one.state)
/** Approved and its time not over: the list may be some seconds old. */
export const isRunning = (one: BreakGlass, nowMs: number): boolean =>
  RUNNING.includes(one.state) && (instant(one.until) ?? Infinity) > nowMs
export const isOver = (one: BreakGlass, nowMs: number): boolean => !isWaiting(one) && !isRunning(one, nowMs)
