import { describe, expect, it } from 'vitest'
import { bounded, swiped, zoomedAt } from '@/family/gestures'
import { deviceName, linkFor, linkIn } from '@/family/link'
import { offChoices } from '@/family/offChoices'
import { lookSentence, looksSummary } from '@/family/lookWords'

const CODE = 'Zm9vYmFyYmF6cXV4MDEyMzQ1'

describe('a link', () => {
  it('carries its code alone, or with the sender and the home', () => {
    expect(linkIn(`#${CODE}`)).toEqual({ code: CODE, by: '', home: '' })
    const url = linkFor(`https://x/f#${CODE}`, '王秀珍', '妈妈家')
    expect(linkIn(new URL(url).hash)).toEqual({ code: CODE, by: '王秀珍', home: '妈妈家' })
  })

  it.each(['', '#', '#abc', '#a b c d e f g h i j', '#<script>alert(1)</script>'])('%s is no link', (hash) => {
    expect(linkIn(hash)).toBeNull()
  })

  it('cannot put sentences or marks on the page', () => {
    expect(linkIn(`#${CODE}&by=${encodeURIComponent('<b>请马上汇款到这个账号一二三四五六')}`)?.by).toBe('b请马上汇款到这个账号一')
  })

  it('names the device', () => {
    expect(deviceName('Mozilla/5.0 (Linux; Android 14) Mobile Safari')).toBe('Android 手机')
    expect(deviceName('Mozilla/5.0 (iPhone; CPU)')).toBe('iPhone')
  })
})

describe('关到几点', () => {
  const at = (hour: number, minute = 0): number => Date.UTC(2026, 10, 22, hour - 8, minute)
  const said = (now: number): string[] => offChoices(now).map((choice) => choice.said.zh)

  it('by day offers the evening and the morning', () => {
    expect(said(at(15))).toEqual(['1 小时，到 16:00', '到今晚 8 点', '到明早 7 点', '一直关，等我打开'])
    expect(offChoices(at(15))[1]?.untilMs).toBe(at(20))
    expect(offChoices(at(15))[2]?.untilMs).toBe(at(7) + 86_400_000)
  })

  it('in the evening only the morning', () => {
    expect(said(at(19, 45))).toEqual(['1 小时，到 20:45', '到明早 7 点', '一直关，等我打开'])
  })

  it('after midnight the morning is today', () => {
    expect(said(at(3))).toContain('到早上 7 点')
  })
})

describe('fingers', () => {
  it('swipe sideways only', () => {
    expect([swiped(-80, 10), swiped(80, 10), swiped(80, 60), swiped(20, 0)]).toEqual([1, -1, 0, 0])
  })

  it('zoom keeps the point under the finger and the box covered', () => {
    expect(zoomedAt({ scale: 1, x: 0, y: 0 }, 2, 100, 50, 400, 300)).toEqual({ scale: 2, x: -100, y: -50 })
    expect(zoomedAt({ scale: 4, x: -100, y: -50 }, 10, 0, 0, 400, 300).scale).toBe(5)
    expect(bounded({ scale: 2, x: 50, y: -900 }, 400, 300)).toEqual({ scale: 2, x: 0, y: -300 })
    const back = zoomedAt({ scale: 2, x: -100, y: -50 }, 0.1, 0, 0, 400, 300)
    expect([back.scale, back.x + 0, back.y + 0]).toEqual([1, 0, 0])
  })
})

describe('who looked, in sentences', () => {
  const look = { who: '李秀英', role: 'clerk', purpose: 'alarm', camera: 'cam_1', started_at: Date.UTC(2026, 10, 22, 2, 31), seconds: 240 }
  it('names person, time, camera, length and purpose', () => {
    const cameras = [{ id: 'cam_1', name: '院坝' }] as never
    expect(lookSentence(look, cameras)).toBe('李秀英 10:31 看了院坝 4 分钟，因由：核实告警')
    const none = { ...look, seconds: null, purpose: null }
    const began = look.started_at
    expect(lookSentence(none, cameras, began + 5000)).toBe('李秀英 10:31 开始看院坝')
    // A look that was granted and of which no frame ever arrived is not going on for ever.
    expect(lookSentence(none, cameras, began + 120_000)).toBe('李秀英 10:31 打开院坝，没看成')
    expect(lookSentence({ ...none, role: 'installer' }, cameras, began + 120_000)).toBe('李秀英 10:31 看了院坝一张测试画面')
  })
  it('sums up a day', () => {
    expect(looksSummary({ household_viewers: 3, outside_viewers: 0, looks: [] })).toBe('家里 3 人看过，村里没人看')
    expect(looksSummary({ household_viewers: 0, outside_viewers: 2, looks: [] })).toBe('家里没人看，外面 2 人看过')
  })
})
