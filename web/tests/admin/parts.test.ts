import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { bytesOf, passkeyHindrance, textOf } from '@/api/passkey'
import { rows, query } from '@/api/admin'
import { distinct } from '@/api/areaNames'
import type { RegisterHead } from '@/api/register'
import type { Area } from '@/api/types'
import { childLevel, codeFault, codeStart } from '@/admin/areas/areaCode'
import { isOver, isRunning, isWaiting } from '@/admin/breakGlass/stage'
import { blockBetween, blockOf, polygonOf } from '@/admin/cameras/maskBlocks'
import { missingOf } from '@/admin/cameras/missing'
import { daysLeft, fromClock, period, toClock } from '@/admin/dates'
import { linesOf, pathOf } from '@/admin/parts/areaTree'
import { Asking } from '@/admin/parts/asking'
import { faultsAsCsv, kindOf } from '@/admin/parts/importFile'
import { listing, loading } from '@/admin/parts/load'
import { lacks, watches } from '@/admin/people/clearance'
import { checkHead, signedText } from '@/admin/register/checkHead'
import { purposeSaid, secondsOf } from '@/admin/register/rowWords'
import { placesOf, rolesToGive } from '@/admin/rights'
import { hashOf, routeOf } from '@/admin/route'
import { passwordFault } from '@/ui/passwordFault'

describe('places by role', () => {
  const pages = (...roles: string[]): string[] => placesOf(roles).map((place) => place.page)
  it.each([
    ['room_admin', ['people', 'cameras', 'households', 'areas', 'me']],
    ['administrator', ['people', 'cameras', 'households', 'areas', 'rooms', 'why', 'break-glass', 'me']],
    ['auditor', ['register', 'why', 'break-glass', 'me']],
    ['clerk', ['break-glass', 'me']],
    ['household_owner', []],
  ])('%s', (role, expected) => expect(pages(role)).toEqual(expected))

  it('a room administrator appoints clerks and grid officers only', () => {
    expect(rolesToGive(['room_admin'])).toEqual(['clerk', 'grid_officer'])
    expect(rolesToGive(['administrator'])).toContain('auditor')
    expect(rolesToGive(['auditor'])).toEqual([])
  })
})

describe('addresses', () => {
  it('go there and back', () => {
    expect(routeOf(hashOf('cameras', 'cam_1', 'sign', { q: '路口 1' }))).toEqual({ page: 'cameras', id: 'cam_1', more: 'sign', asked: { q: '路口 1' } })
    expect(routeOf('#break-glass')).toMatchObject({ page: 'break-glass', id: '' })
    expect(routeOf('#/%zz')).toMatchObject({ page: '' })
  })
  it('queries leave out what is empty', () => expect(query({ q: '', area: '51', after: null, n: 0 })).toBe('?area=51&n=0'))
  it('lists come both ways', () => expect(rows([1])).toEqual(rows({ items: [1] })))
})

describe('dates in UTC+8', () => {
  it('a day begins at 16:00 UTC before', () => {
    expect(fromClock('2026-11-22')).toBe(Date.UTC(2026, 10, 21, 16))
    expect(toClock(Date.UTC(2026, 10, 21, 16, 30))).toBe('2026-11-22T00:30')
    expect(fromClock('nonsense!')).toBeNull()
  })
  it('a period takes in its last day', () => {
    expect(period('2026-11-22', '2026-11-22')).toEqual({ from: '2026-11-21T16:00:00.000Z', to: '2026-11-22T16:00:00.000Z' })
    expect(period('', '')).toEqual({})
  })
  it('days left count civil days', () => {
    const now = Date.UTC(2026, 10, 22, 15, 59)
    expect(daysLeft(Date.UTC(2026, 10, 22, 16, 1), now)).toBe(1)
    expect(daysLeft('2026-11-20T00:00:00Z', now)).toBe(-2)
  })
})

describe('areas', () => {
  const tree = [{ code: '510799101000', level: 'town', name: '双板镇', cameras: 0, online: 0, children: [{ code: '510799101201', level: 'village', name: '新寨村', cameras: 0, online: 0, children: [] }] }]
  it('are lines with whole names', () => {
    expect(linesOf(tree).map((line) => [line.depth, line.path])).toEqual([[0, '双板镇'], [1, '双板镇 新寨村']])
    expect(pathOf(linesOf(tree), '9')).toBe('9')
  })
  it.each([['town', '510799101000', '510799101'], ['village', '510799101201', '510799101201']])('a child of a %s begins like it', (level, parent, start) => {
    expect(codeStart(parent, childLevel(level) ?? '')).toBe(start)
  })
  it('codes have their length and start', () => {
    expect(codeFault('510799101201001', '510799101201', 'group')).toBeNull()
    expect(codeFault('510799101201', '510799101201', 'group')).toBe('code_length')
    expect(codeFault('510799102201', '510799101000', 'village')).toBe('code_start')
  })
})

describe('masks', () => {
  it('a block is a polygon and back', () => {
    const block = { left: 10, top: 20, width: 30, height: 40 }
    expect(blockOf(polygonOf(block))).toEqual(block)
    expect(blockBetween({ x: 0.4, y: 1.5 }, { x: -1, y: 0.2 })).toEqual({ left: 0, top: 20, width: 40, height: 80 })
  })
  it('stays inside the picture and leaves other shapes alone', () => {
    expect(polygonOf({ left: 90, top: 0, width: 50, height: 10 }).every(({ x, y }) => x <= 1 && y <= 1)).toBe(true)
    expect(blockOf([{ x: 0, y: 0 }, { x: 1, y: 0.5 }, { x: 1, y: 1 }, { x: 0, y: 1 }])).toBeNull()
    expect(blockOf([{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 1 }])).toBeNull()
  })
})

describe('what is missing', () => {
  it('of a camera is told by 409 only', () => {
    expect(missingOf(new Problem(409, { missing: ['signage'] } as object))).toEqual(['signage'])
    expect(missingOf(new Problem(409, { title: 'x', detail_en: 'missing: live_check' }))).toEqual(['live_check'])
    expect(missingOf(new Problem(403, { detail: 'signage' }))).toEqual([])
  })
  it('of a person, only where pictures are seen', () => {
    const staff = { vetted: true, trained: false, agreement_until: '2020-01-01', missing: [] as string[] }
    const role = (name: string) => [{ id: '1', role: name, area: null }]
    expect(lacks({ roles: role('clerk'), staff }).map((one) => one.zh)).toEqual(['培训', '保密协议'])
    expect(lacks({ roles: role('clerk'), staff: { ...staff, missing: ['not_vetted'] } }).map((one) => one.zh)).toEqual(['政审'])
    expect(lacks({ roles: role('auditor'), staff })).toEqual([])
    expect(watches({ roles: role('police') })).toBe(true)
  })
})

describe('imports', () => {
  it('know their kinds', () => {
    expect(kindOf('点位.CSV')).toBe('text/csv')
    expect(kindOf('a.xls')).toBeNull()
  })
  it('faults are CSV that no spreadsheet runs', () => {
    const text = faultsAsCsv([{ line: 2, column: '名字', message: '=1+1, "x"', message_en: '' }], 'zh')
    expect(text).toBe('\uFEFF行,列,怎么不对\r\n2,名字,"\'=1+1, ""x"""\r\n')
  })
})

describe('questions', () => {
  it('a new one answers the old with no', async () => {
    const asking = new Asking()
    const first = asking.ask({ title: 'a', follows: [], act: 'a' })
    const second = asking.ask({ title: 'b', follows: [], act: 'b' })
    asking.open.value?.answer('because')
    expect(await first).toBeNull()
    expect(await second).toBe('because')
    expect(asking.open.value).toBeNull()
  })
})

describe('reading', () => {
  it('shows the newest call, keeps what was shown when one fails', async () => {
    const answers: ((value: string) => void)[] = []
    const seen = loading(() => new Promise<string>((resolve) => answers.push(resolve)))
    const [old, fresh] = [seen.load(), seen.load()]
    answers[1]?.('new')
    answers[0]?.('old')
    await Promise.all([old, fresh])
    expect(seen.value.value).toBe('new')
  })
  it('adds the next page', async () => {
    const list = listing<number>(async (after) => (after === null ? { items: [1], next: '1' } : { items: [2], next: null }))
    await list.load()
    expect(list.more.value).toBe(true)
    await list.next()
    expect([list.items.value, list.more.value]).toEqual([[1, 2], false])
  })
})

describe('register rows', () => {
  it('seconds from first to last frame', () => {
    expect(secondsOf({ first_frame_at: 1000, last_frame_at: 241_400 })).toBe(240)
    expect(secondsOf({ first_frame_at: 1000, last_frame_at: null })).toBe(1)
    expect(secondsOf({ first_frame_at: null, last_frame_at: null })).toBeNull()
  })
  it.each([
    ['日常巡看', 'patrol', 'Routine patrol'], ['其他：找走失的老人', 'other', 'Other: 找走失的老人'], ['flood', 'flood', 'Flood watch'], ['老词', '', '老词'],
  ])('%s', (told, code, en) => {
    expect(purposeSaid(told)).toMatchObject({ code, said: { en } })
  })
})

describe('seal', () => {
  async function signed(): Promise<{ head: RegisterHead; keys: unknown }> {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'k1' }
    const head: RegisterHead = { seq: 7, hash: 'ab', sealed_at: '2026-11-22T00:00:00.000000Z', kid: 'k1', signature: '' }
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, new TextEncoder().encode(signedText(head)))
    return { head: { ...head, signature: textOf(signature) }, keys: { keys: [jwk] } }
  }
  it('is right, wrong after a change, unchecked without its key', async () => {
    const { head, keys } = await signed()
    expect(await checkHead(head, keys)).toBe('good')
    expect(await checkHead({ ...head, seq: 6 }, keys)).toBe('bad')
    expect(await checkHead({ ...head, kid: 'other' }, keys)).toBe('unchecked')
  })
  it('signs sorted members without spaces', () => {
    expect(signedText({ seq: 1, hash: 'a', sealed_at: 's', kid: 'k', signature: 'x' })).toBe('{"hash":"a","kid":"k","sealed_at":"s","seq":1,"typ":"huiyan-register-head"}')
  })
  it('base64url goes there and back', () => {
    expect(textOf(bytesOf('-_8AAQ'))).toBe('-_8AAQ')
  })
})

describe('break-glass', () => {
  const one = { id: '1', state: 'open' as const, asker: { principal: 'p', name: 'n', role: 'clerk' }, approver: null, asked_at: 0, cameras: [], purpose: 'search', text: '', minutes: 10, expires_at: 1000 }
  it('is over when its time is', () => {
    expect([isRunning(one, 999), isOver(one, 1000)]).toEqual([true, true])
    expect(isWaiting({ ...one, state: 'pending' })).toBe(true)
    expect(isOver({ ...one, state: 'over' }, 0)).toBe(true)
  })
})

describe('a new password', () => {
  it.each([['old', 'short one', 'short one', 'short'], ['twelve letters', 'twelve letters', 'twelve letters', 'same'], ['old', 'four words at hand', 'four words', 'differs'], ['old', '四个不相干的词就很好记也难猜', '四个不相干的词就很好记也难猜', null]])('%s → %s', (old, next, twice, fault) => {
    expect(passwordFault(old, next, twice)).toBe(fault)
  })
})

describe('passkeys', () => {
  it.each([
    ['127.0.0.1', true, true, 'address'],
    ['[::1]', true, true, 'address'],
    ['10.1.2.3', false, true, 'address'],
    ['town.example', false, true, 'insecure'],
    ['town.example', true, false, 'browser'],
    ['localhost', true, true, null],
    ['town.example', true, true, null],
  ] as const)('%s secure=%s known=%s: %s', (host, secure, known, expected) => expect(passkeyHindrance(host, secure, known)).toBe(expected))
})

describe('names of areas', () => {
  const area = (code: string, name: string, children: Area[] = []): Area => ({ code, level: 'group', name, children, cameras: 0, online: 0 })
  it('tell two groups of a merged village apart, and leave others alone', () => {
    const [village] = distinct([area('510799101201', '新寨村', [area('510799101201001', '一社'), area('510799101201002', '二社'), area('510799101202001', '一社')])])
    expect(village?.name).toBe('新寨村')
    expect(village?.children.map(({ name }) => name)).toEqual(['一社（201001）', '二社', '一社（202001）'])
  })
})
