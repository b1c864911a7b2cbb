// The second half of a session: a P-256 key that cannot leave this browser (rules.md 4, "links and tokens").
// It lives in IndexedDB as a non-extractable CryptoKey; only in secure contexts, where WebCrypto exists.

const DATABASE = 'huiyan'
const STORE = 'keys'
const ENTRY = 'device'

export interface PublicJwk { kty: string; crv: string; x: string; y: string }

export const canHoldKey = (): boolean =>
  globalThis.isSecureContext === true && globalThis.crypto?.subtle !== undefined && 'indexedDB' in globalThis

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function within<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  try {
    return await new Promise<T>((resolve, reject) => {
      const asked = act(database.transaction(STORE, mode).objectStore(STORE))
      asked.onsuccess = () => resolve(asked.result)
      asked.onerror = () => reject(asked.error)
    })
  } finally {
    database.close()
  }
}

export async function keptKey(): Promise<CryptoKeyPair | null> {
  if (!canHoldKey()) return null
  const kept = await within<CryptoKeyPair | undefined>('readonly', (store) => store.get(ENTRY)).catch(() => undefined)
  return kept ?? null
}

/** The kept key, or a new one; null where the browser cannot hold one. */
export async function deviceKey(): Promise<CryptoKeyPair | null> {
  if (!canHoldKey()) return null
  const kept = await keptKey()
  if (kept) return kept
  try {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    await within('readwrite', (store) => store.put(pair, ENTRY))
    return pair
  } catch {
    return null // private windows may refuse IndexedDB: the session then goes on by cookie alone
  }
}

export async function publicJwk(pair: CryptoKeyPair): Promise<PublicJwk> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' }
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const part = (value: unknown): string => base64url(new TextEncoder().encode(JSON.stringify(value)))

/** Compact JWS ES256 `huiyan-proof` for one request. `path` is the path only; `iat` in seconds. */
export async function proof(pair: CryptoKeyPair, method: string, path: string, nowMs = Date.now()): Promise<string> {
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)))
  const claims = { htm: method, htu: path, iat: Math.floor(nowMs / 1000), jti }
  const signed = `${part({ alg: 'ES256', typ: 'huiyan-proof' })}.${part(claims)}`
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, new TextEncoder().encode(signed))
  return `${signed}.${base64url(new Uint8Array(signature))}` // WebCrypto gives r||s, as JWS wants (RFC 7518 3.4)
}
