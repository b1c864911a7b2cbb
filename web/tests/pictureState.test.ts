import { describe, expect, it } from 'vitest'
import { pictureState, type PictureFacts } from '@/player/pictureState'
import type { May, Presence } from '@/api/types'

const may: May = { live: true, reason: null, hint: null, hint_en: null }
const presence = (state: Presence['state'], since: number | null = null): Presence =>
  ({ state, since, observed_at: since, cause: null, tracks: [], last_frame_at: null })
const NOON = Date.UTC(2026, 10, 22, 4, 0) // 12:00 in UTC+8

const facts = (more: Partial<PictureFacts> = {}): PictureFacts => ({
  now: 100_000, wallNow: NOON, wantedAt: 99_000, lastFrameAt: null, ageMs: null, presence: presence('online'), may,
  status: { phase: 'up' }, relay: 'live', weak: false, family: true, fault: null, ...more,
})
const moving = (more: Partial<PictureFacts> = {}): PictureFacts => facts({ lastFrameAt: 99_990, ageMs: 400, ...more })

describe('picture states of ux.md', () => {
  it('says that it connects, and after 4 s that the network is slow', () => {
    expect(pictureState(facts()).word.zh).toBe('正在接通…')
    expect(pictureState(facts({ wantedAt: 95_900 })).word.zh).toBe('还在接，网有点慢')
    expect(pictureState(facts()).picture).toBe(false)
  })

  it.each([[0, 'live'], [1_500, 'live'], [1_501, 'delayed'], [9_000, 'delayed']] as const)('age %i ms is %s', (ageMs, kind) => {
    expect(pictureState(moving({ ageMs })).kind).toBe(kind)
  })

  it('says under one second only when it is', () => {
    expect(pictureState(moving({ ageMs: 999 })).detail.zh).toBe('晚不到 1 秒')
    expect(pictureState(moving({ ageMs: 1_200 })).detail.zh).toBe('晚 1 秒多')
    expect(pictureState(moving({ ageMs: 4_190 })).word.zh).toBe('延迟 4.1 秒')
  })

  it('never calls a picture live while its age is unknown', () => {
    expect(pictureState(moving({ ageMs: null })).kind).toBe('checking')
  })

  it('freezes after 3 s without a new frame, with its age, and keeps the picture', () => {
    expect(pictureState(moving({ lastFrameAt: 97_001, ageMs: 3_300 })).kind).toBe('delayed')
    const frozen = pictureState(moving({ lastFrameAt: 97_000, ageMs: 21_400 }))
    expect(frozen.kind).toBe('frozen')
    expect(frozen.picture).toBe(true)
    expect(frozen.word.zh).toBe('21 秒前的画面')
    expect(frozen.plate?.title.en).toBe('Picture from 21 s ago')
  })

  it('a frozen picture of unknown age counts from its last frame', () => {
    expect(pictureState(facts({ lastFrameAt: 90_000 })).word.zh).toBe('10 秒前的画面')
  })

  it('offline hides the picture and tells the family what to look at', () => {
    const view = pictureState(facts({ lastFrameAt: 90_000, relay: 'offline', presence: presence('unreachable', NOON - 3_600_000) }))
    expect(view.kind).toBe('offline')
    expect(view.picture).toBe(false)
    expect(view.plate?.title.zh).toBe('家里断网了')
    expect(view.detail.zh).toBe('11:00 起')
  })

  it('a room reads since when', () => {
    const view = pictureState(facts({ family: false, relay: 'offline', presence: presence('unreachable', NOON - 3_600_000) }))
    expect(view.word.zh).toBe('11:00 断线')
  })

  it('blames no home for a machine of ours that is away: the last picture stands, with its age', () => {
    const away = { ...presence('unreachable'), cause: 'ingest_away' }
    const view = pictureState(facts({ lastFrameAt: 90_000, relay: 'offline', presence: away }))
    expect([view.kind, view.picture]).toEqual(['frozen', true])
    expect(pictureState(facts({ lastFrameAt: null, relay: 'offline', presence: away })).kind).toBe('offline')
  })

  it('believes frames more than an old presence', () => {
    expect(pictureState(moving({ presence: presence('unreachable') })).kind).toBe('live')
  })

  it('believes off at once, even while the last frames arrive', () => {
    expect(pictureState(moving({ presence: presence('off') })).kind).toBe('private')
  })

  it.each([
    ['private', 'private', 'private'], ['no_consent', 'refused', 'lock'], ['no_agreement', 'refused', 'lock'],
    ['no_right', 'refused', 'lock'], ['mask_pending', 'refused', 'lock'], ['not_active', 'refused', 'lock'],
  ] as const)('refusal %s shows no picture and who can change it', (reason, kind, icon) => {
    const view = pictureState(moving({ may: { ...may, live: false, reason } }))
    expect([view.kind, view.icon, view.picture]).toEqual([kind, icon, false])
    expect(view.plate?.hint.zh.length).toBeGreaterThan(5)
  })

  it('uses the hint of the registry where there is one', () => {
    const view = pictureState(facts({ may: { live: false, reason: 'no_right', hint: '这路归三社管', hint_en: 'third group' } }))
    expect(view.plate?.hint).toEqual({ zh: '这路归三社管', en: 'third group' })
  })

  it('withdrawn while watching', () => {
    expect(pictureState(moving({ status: { phase: 'ended', reason: 'revoked' } })).kind).toBe('revoked')
    expect(pictureState(moving({ relay: 'revoked' })).picture).toBe(false)
    expect(pictureState(moving({ status: { phase: 'ended', reason: 'camera_off' } })).kind).toBe('private')
  })

  it('weak network is said, the picture stays', () => {
    const view = pictureState(moving({ weak: true }))
    expect([view.kind, view.detail.zh, view.picture]).toEqual(['weak', '网弱，已换成小画面', true])
  })

  it('takes the presence state out of a 503 of the relay', () => {
    const view = pictureState(facts({ status: { phase: 'no_picture', code: 'unauthorised' }, relay: null }))
    expect(view.kind).toBe('offline')
    expect(view.plate?.hint.zh).toContain('装维')
  })

  it('says after 20 s that it cannot connect, and still tries', () => {
    expect(pictureState(facts({ status: { phase: 'away' }, wantedAt: 79_000, relay: null, fault: '7F2A' })).plate?.hint.zh).toContain('7F2A')
    expect(pictureState(facts({ status: { phase: 'away' }, wantedAt: 95_000, relay: null })).kind).toBe('loading')
  })
})
