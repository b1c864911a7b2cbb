import { describe, expect, it } from 'vitest'
import type { Probed } from '@/api/onboarding'
import { beforeOf, keepDraft, keptDraft, newDraft, nextOf, stepsOf, withoutLogins, type Shelf } from '@/installer/draft'
import { saysNothing } from '@/installer/siteChoices'

function shelf(): Shelf & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) }
}
const DAY_MS = 86_400_000

describe('the steps of a visit', () => {
  it('a household is asked for consent, a public place for its sign', () => {
    expect(stepsOf({ ...newDraft(), kind: 'household' })).toContain('consent')
    expect(stepsOf({ ...newDraft(), kind: 'household' })).not.toContain('sign')
    expect(stepsOf({ ...newDraft(), kind: 'public' })).toContain('sign')
  })

  it('go on and back, and end at both ends', () => {
    expect(nextOf({ ...newDraft(), kind: 'public', step: 'check' })).toBe('sign')
    expect(beforeOf({ ...newDraft(), kind: 'public', step: 'done' })).toBe('sign')
    expect(beforeOf(newDraft())).toBeNull()
    expect(nextOf({ ...newDraft(), step: 'done' })).toBe('done')
  })
})

describe('what is kept on the phone', () => {
  it('comes back for the same installer only, and not after three days', () => {
    const where = shelf()
    keepDraft(where, 'prn_1', { ...newDraft(), address: '192.168.1.20' }, 0)
    expect(keptDraft(where, 'prn_1', DAY_MS)?.address).toBe('192.168.1.20')
    expect(keptDraft(where, 'prn_2', 0)).toBeNull()
    expect(keptDraft(where, 'prn_1', 3 * DAY_MS + 1)).toBeNull()
  })

  it('goes when the visit ends', () => {
    const where = shelf()
    keepDraft(where, 'prn_1', newDraft(), 0)
    keepDraft(where, 'prn_1', null, 0)
    expect(where.kept.size).toBe(0)
  })

  it('survives a storage that is broken or full', () => {
    const full: Shelf = { getItem: () => '{not json', setItem: () => { throw new Error('full') }, removeItem: () => undefined }
    expect(keptDraft(full, 'prn_1', 0)).toBeNull()
    expect(() => keepDraft(full, 'prn_1', newDraft(), 0)).not.toThrow()
  })

  it('holds no login that a camera wrote into its own address', () => {
    const profile = { token: 'a', name: 'a', codec: 'h264', width: 1, height: 1, fps: 1, kbps: 1, gop: 1, main_url: 'rtsp://admin:secret@10.0.0.5:554/1?x=a@b' }
    const probed = { profiles: [profile] } as unknown as Probed
    expect(withoutLogins(probed).profiles[0]?.main_url).toBe('rtsp://10.0.0.5:554/1?x=a@b')
  })
})

it.each([['安全', true], ['为了安全', true], ['公共安全', true], ['Safety', true], ['看水位，防洪安全', false], ['', false]])('purpose “%s” says nothing: %s', (text, empty) => {
  expect(saysNothing(text)).toBe(empty)
})
