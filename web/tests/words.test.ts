import { describe, expect, it } from 'vitest'
import { civilDay, moment, offlineSince, span } from '@/time/words'
import { words } from '@/i18n/words'

const at = (day: number, hour: number, minute = 0): number => Date.UTC(2026, 10, day, hour - 8, minute)

describe('times as a person says them, in UTC+8', () => {
  const now = at(22, 12)
  it.each([
    [at(22, 9, 12), '09:12', '09:12'],
    [at(21, 23, 42), '昨晚 23:42', 'last night 23:42'],
    [at(21, 10, 5), '昨天 10:05', 'yesterday 10:05'],
    [at(20, 8), '11月20日 08:00', '20 Nov 08:00'],
    [at(23, 0, 40), '夜里 00:40', 'tonight 00:40'],
    [at(23, 7), '明早 07:00', 'tomorrow 07:00'],
    [at(23, 20), '明天 20:00', 'tomorrow 20:00'],
  ])('%i', (when, zh, en) => {
    expect(moment(when, now)).toEqual({ zh, en })
  })

  it('midnight belongs to the new day', () => {
    expect(moment(at(22, 0), at(22, 0, 1)).zh).toBe('00:00')
    expect(moment(at(21, 23, 59), at(22, 0)).zh).toBe('昨晚 23:59')
    expect(civilDay(at(22, 0, 30))).toBe('2026-11-22')
  })

  it.each([[0, '0 秒'], [59_999, '59 秒'], [60_000, '1 分钟'], [3_600_000, '1 小时'], [7_500_000, '2 小时 5 分'], [259_200_000, '3 天'], [-5, '0 秒']])('%i ms', (ms, zh) => {
    expect(span(ms).zh).toBe(zh)
  })

  it('offline since', () => {
    expect(offlineSince(at(22, 9, 12), now).zh).toBe('09:12 断线')
    expect(offlineSince(null, now).zh).toBe('断线')
  })
})

describe('dictionary', () => {
  it('fills names and leaves the unknown visible', () => {
    const t = words({ a: '{n} 人看过{x}' }, { a: '{n} looked{x}' })
    expect(t('a', { n: 3 })).toBe('3 人看过{x}')
  })
})
