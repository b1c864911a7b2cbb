import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import type { Camera, PresenceState } from '@/api/types'
import { changeFrom, draftOf, faultsOf, fieldOf, madeFrom, newDraft } from '@/room/points/cameraDraft'
import { withChange, type Change } from '@/room/shift/changes'
import { purposeFault, purposeName } from '@/room/shift/purpose'
import { REST_AFTER_MS, Watching } from '@/room/shift/watching'
import { toldTogether } from '@/room/wall/announcer'

describe('purpose', () => {
  it('"安全" is none, whatever is chosen', () => {
    for (const text of ['安全', ' 安全。', 'Safety', '为了安全']) expect(purposeFault({ code: 'patrol', text })).toBe('too_vague')
  })

  it('other wants words', () => {
    expect(purposeFault({ code: 'other', text: ' ' })).toBe('needs_text')
    expect(purposeFault({ code: 'other', text: '找走失老人' })).toBeNull()
    expect(purposeName({ code: 'other', text: '找走失老人' }).zh).toBe('找走失老人')
  })

  it('the others stand alone', () => {
    expect(purposeFault({ code: 'patrol', text: '' })).toBeNull()
    expect(purposeName({ code: 'patrol', text: '' }).zh).toBe('日常巡看')
  })
})

describe('changes of the shift', () => {
  const cam = { id: 'cam_1', name: '石桥头' }
  const run = (...steps: [PresenceState | null, PresenceState, number][]): readonly Change[] =>
    steps.reduce<readonly Change[]>((list, [before, after, at]) => withChange(list, cam, before, after, at), [])

  it('lists lost and back, newest first', () => {
    expect(run(['online', 'unreachable', 0], ['unreachable', 'online', 300_000]).map((one) => one.what)).toEqual(['back', 'lost'])
  })

  it('connecting between does not hide the return', () => {
    expect(run(['online', 'unreachable', 0], ['unreachable', 'connecting', 100_000], ['connecting', 'online', 200_000]).map((one) => one.what)).toEqual(['back', 'lost'])
  })

  it('says nothing of repeats, first sights and the household’s own off', () => {
    expect(run([null, 'online', 0], ['online', 'off', 1], ['online', 'online', 2])).toEqual([])
    expect(run(['unreachable', 'garbage', 0])).toEqual([])
  })

  it('a flapping camera is one line', () => {
    expect(run(['online', 'stalled', 0], ['stalled', 'online', 5_000], ['online', 'stalled', 9_000])).toHaveLength(1)
  })
})

describe('rest', () => {
  it('is due after 90 min and begins anew after 5 min away', () => {
    const watching = new Watching(0)
    for (let at = 0; at <= REST_AFTER_MS; at += 60_000) watching.seen(at)
    expect(watching.tired(REST_AFTER_MS)).toBe(true)
    watching.seen(REST_AFTER_MS + 5 * 60_000)
    expect(watching.tired(REST_AFTER_MS + 5 * 60_000)).toBe(false)
  })
})

describe('adding a camera', () => {
  const full = { ...newDraft('510799101201001'), name: ' 石桥头 ', legalClass: 'gov_public', siteKind: 'road', placement: 'roadside', attested: true, mainUrl: 'rtsp://10.0.0.9/1' }

  it('names each missing field', () => {
    expect(Object.keys(faultsOf(newDraft(), false)).sort()).toEqual(['area', 'attested', 'legalClass', 'mainUrl', 'name', 'placement', 'siteKind'])
    expect(faultsOf(full, false)).toEqual({})
  })

  it('refuses prohibited places and other schemes before asking the registry', () => {
    expect(faultsOf({ ...full, placement: 'toilet' }, false).placement?.zh).toContain('不能装')
    expect(faultsOf({ ...full, mainUrl: 'http://x/' }, false).mainUrl).toBeDefined()
    expect(faultsOf({ ...full, legalClass: 'household' }, false).household).toBeDefined()
  })

  it('sends only what is filled in', () => {
    expect(madeFrom({ ...full, household: 'hh_1' })).toEqual({ name: '石桥头', area: '510799101201001', legal_class: 'gov_public', site_kind: 'road', placement: 'roadside', main_url: 'rtsp://10.0.0.9/1' })
  })

  it('an edit sends only differences', () => {
    const camera = { name: '石桥头', area: '510799101201001', household: null, legal_class: 'gov_public', site_kind: 'road' } as Camera
    const draft = draftOf(camera)
    expect(faultsOf(draft, true)).toEqual({})
    expect(changeFrom(draft, camera)).toEqual({})
    expect(changeFrom({ ...draft, name: '新名', user: 'admin', password: 'p' }, camera)).toEqual({ name: '新名', user: 'admin', password: 'p' })
  })

  it('puts a refusal at its field', () => {
    expect(fieldOf(new Problem(422, { code: 'camera_network' }))).toBe('mainUrl')
    expect(fieldOf(new Problem(422, { code: 'placement_prohibited' }))).toBe('placement')
    expect(fieldOf(new Problem(422, { code: 'invalid', detail: '这些内容不对：name' }))).toBe('name')
    expect(fieldOf(new Problem(503, { code: 'unavailable', detail: 'address' }))).toBeNull()
  })
})

it('a screen reader hears few changes by name and many as a count', () => {
  const frozen = { zh: '停住', en: 'frozen' }
  const told = (n: number) => Array.from({ length: n }, (_, tile) => ({ tile, name: `c${tile}`, word: frozen }))
  expect(toldTogether(told(2)).zh).toBe('1 号格 c0 停住，2 号格 c1 停住')
  expect(toldTogether(told(5)).zh).toBe('5 格停住')
})
