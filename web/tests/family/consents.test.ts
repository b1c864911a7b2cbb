import { describe, expect, it } from 'vitest'
import type { Consent, ScopeText } from '@/api/household'
import { emptyHours, EVERY_DAY, hoursOf, hoursSaid, kindOf } from '@/family/household/hours'
import { lookedUnder, noticeSentence } from '@/family/household/lookKinds'
import { groupOf, hasHours, hasPurposes, plain, rowsOf } from '@/family/household/scopes'

const own = { days: [7, 6], from: '08:00', to: '12:30' }

describe('hours of a consent', () => {
  it('all day is no hours at all', () => {
    expect(hoursOf('all', own)).toEqual([])
    expect(kindOf([])).toBe('all')
    expect(hoursSaid([])).toBeNull()
  })

  it.each(['day', 'night'] as const)('%s comes back as it was chosen', (kind) => {
    expect(kindOf(hoursOf(kind, own))).toBe(kind)
  })

  it('says the night as the paper does', () => {
    expect(hoursSaid(hoursOf('night', own))?.zh).toBe('只在夜里 22:00–6:00')
  })

  it('own hours keep their days in order and are read back as own', () => {
    const sent = hoursOf('own', own)
    expect(sent).toEqual([{ days: [6, 7], from: '08:00', to: '12:30' }])
    expect(kindOf(sent)).toBe('own')
    expect(hoursSaid(sent)?.zh).toBe('只在周六、周日 8:00–12:30')
    expect(hoursSaid([{ days: EVERY_DAY, from: '18:00', to: '23:00' }])?.en).toBe('Only daily 18:00–23:00')
  })

  it('an empty choice cannot be sent', () => {
    expect([emptyHours(own), emptyHours({ ...own, days: [] }), emptyHours({ ...own, to: '08:00' }), emptyHours({ ...own, from: '' })]).toEqual([false, true, true, true])
  })
})

describe('scopes', () => {
  const text = (scope: string, purposes: string[] = []): ScopeText => ({ scope, title: scope, text: '', purposes, in_effect: true })
  const consent = (scope: string): Consent => ({ id: scope, scope, camera: null, hours: [], purposes: [], granted_at: 0, text_version: '1', language: 'zh-CN', signatory: null, signed_on_site: false })

  it('stand in the order of the paper, each with its own consents', () => {
    const rows = rowsOf('outside', [text('retrieve_after_event'), text('live_police'), text('live_village'), text('tv')], [consent('live_village'), consent('tv')])
    expect(rows.map((row) => row.text.scope)).toEqual(['live_village', 'live_police', 'retrieve_after_event'])
    expect(rows.map((row) => row.consents.length)).toEqual([1, 0, 0])
  })

  it('belong to home, outside, or a machine', () => {
    expect(['record', 'live_county', 'analytics_fire'].map(groupOf)).toEqual(['home', 'outside', 'machine'])
  })

  it('ask for hours and purposes only where people look', () => {
    expect(['live_town', 'analytics_person', 'record', 'tv'].map(hasHours)).toEqual([true, true, false, false])
    expect([hasPurposes(text('live_town', ['fire'])), hasPurposes(text('live_town')), hasPurposes(text('record', ['fire']))]).toEqual([true, false, false])
  })

  it('a kind that the page does not know keeps the registry’s title', () => {
    expect(plain({ scope: 'analytics_bees', title: '数蜜蜂' }).title.zh).toBe('数蜜蜂')
  })
})

describe('under what somebody looked', () => {
  const look = { who: '李', role: 'clerk', purpose: 'alarm', camera: 'cam_1', started_at: 0, seconds: 1 }
  it('tells family, outside and emergency apart', () => {
    expect(lookedUnder({ ...look, own: false })).toBe('outside')
    expect(lookedUnder({ ...look, role: 'relative', own: true })).toBe('family')
    expect(lookedUnder({ ...look, own: false, approver: '王军' })).toBe('emergency')
    expect(lookedUnder({ ...look, role: 'household_owner' })).toBe('family')
  })
})

it('an emergency is told with both people, its hour and its end', () => {
  const at = (hour: number, minute: number): number => Date.UTC(2026, 10, 22, hour - 8, minute)
  const notice = {
    id: 'bg_1', kind: 'break_glass' as const, cameras: [{ id: 'c', name: '院坝' }, { id: 'd', name: '大门口' }], who: '刘强', role: 'police', approver: '王军',
    purpose: '找人找物：老人走失', begun_at: at(10, 2), until: at(11, 2), ended_at: null,
  }
  expect(noticeSentence(notice, at(12, 0))).toBe('紧急查看：刘强要看院坝、大门口，王军批准，10:02到11:02，因由：找人找物：老人走失')
  expect(noticeSentence({ ...notice, ended_at: at(10, 30) }, at(12, 0))).toContain('10:30结束了')
})
