import type { RegisterHead } from '@/api/register'
import { bytesOf } from '@/api/passkey'

/** What a head signs: its other members and its purpose as canonical JSON: sorted keys, no spaces, UTF-8 (register/chain.py). */
export function signedText(head: RegisterHead): string {
  const members = Object.entries({ ...head, typ: 'huiyan-register-head' }).filter(([name]) => name !== 'signature').sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify(Object.fromEntries(members))
}

/** Is the head signed (ES256) by the key it names? `unchecked` where the browser has no WebCrypto, or the key is not told. */
export async function checkHead(head: RegisterHead, told: unknown): Promise<'good' | 'bad' | 'unchecked'> {
  const subtle = globalThis.crypto?.subtle
  const keys = (told as { keys?: (JsonWebKey & { kid?: string })[] }).keys ?? []
  const jwk = keys.find((key) => key.kid === head.kid)
  if (!subtle || !jwk) return 'unchecked'
  try {
    const { kty = '', crv = '', x = '', y = '' } = jwk
    const key = await subtle.importKey('jwk', { kty, crv, x, y }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
    const right = await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytesOf(head.signature), new TextEncoder().encode(signedText(head)))
    return right ? 'good' : 'bad'
  } catch {
    return 'bad'
  }
}
