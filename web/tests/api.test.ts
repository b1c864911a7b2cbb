import { describe, expect, it } from 'vitest'
import { proof } from '@/api/deviceKey'
import { Http } from '@/api/http'
import { Problem } from '@/api/problem'
import { instant } from '@/api/types'

interface Sent { url: string; init: RequestInit }
function server(answer: () => Response) {
  const sent: Sent[] = []
  const send = (async (url: string, init: RequestInit) => {
    sent.push({ url, init })
    return answer()
  }) as unknown as typeof fetch
  return { sent, send }
}
const headers = (sent: Sent | undefined): Record<string, string> => sent?.init.headers as Record<string, string>

describe('calls to the registry', () => {
  it('carry CSRF and proof on changes only', async () => {
    const { sent, send } = server(() => Response.json({ ok: 1 }))
    const http = new Http(async (method, path) => `${method} ${path}`, send)
    http.csrf = 'c1'
    await http.get('/api/v1/me')
    await http.post('/api/v1/grants?x=1', { a: 1 })
    expect(headers(sent[0])['Huiyan-CSRF']).toBeUndefined()
    expect(headers(sent[0])['Huiyan-Proof']).toBeUndefined()
    expect(headers(sent[1])['Huiyan-CSRF']).toBe('c1')
    expect(headers(sent[1])['Huiyan-Proof']).toBe('POST /api/v1/grants')
  })

  it('turn problem+json into words and 401 into a lost session', async () => {
    const body = { title: '没有这户', title_en: 'No such household', code: 'x', trace: 'aa-bb7f2a' }
    const { send } = server(() => new Response(JSON.stringify(body), { status: 401, headers: { 'content-type': 'application/problem+json' } }))
    const http = new Http(undefined, send)
    let gone = 0
    http.onSessionGone = () => { gone += 1 }
    const problem = await http.get('/x').catch((caught: unknown) => caught as Problem) as Problem
    expect(problem).toBeInstanceOf(Problem)
    expect([problem.kind, problem.said.en, problem.reference, gone]).toEqual(['session', 'No such household', '7F2A', 1])
  })

  it('call a dead network a network problem', async () => {
    const http = new Http(undefined, (() => Promise.reject(new TypeError('failed'))) as unknown as typeof fetch)
    await expect(http.get('/x')).rejects.toMatchObject({ kind: 'network', status: 0 })
  })
})

describe('device proof', () => {
  it('is a compact ES256 JWS over method and path that the public key verifies', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const [header = '', claims = '', signature = ''] = (await proof(pair, 'POST', '/api/v1/grants', 1_700_000_000_500)).split('.')
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toEqual({ alg: 'ES256', typ: 'huiyan-proof' })
    expect(read(claims)).toMatchObject({ htm: 'POST', htu: '/api/v1/grants', iat: 1_700_000_000 })
    const good = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey,
      Buffer.from(signature, 'base64url'), new TextEncoder().encode(`${header}.${claims}`))
    expect(good).toBe(true)
  })
})

it('instants come as text or milliseconds', () => {
  expect([instant('2026-11-22T04:00:00Z'), instant(5), instant(null), instant('soon')]).toEqual([Date.UTC(2026, 10, 22, 4), 5, null, null])
})
