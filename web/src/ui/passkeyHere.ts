import { passkeyHindrance } from '@/api/passkey'
import type { Said } from '@/i18n/words'

const WHY: Record<'address' | 'insecure' | 'browser', Said> = {
  address: { zh: '这个网址是一串数字，用不了通行密钥；通行密钥认的是名字。用带名字的网址（https）打开就行', en: 'This address is a number, and passkeys belong to a name. Open the page by its name (https)' },
  insecure: { zh: '这个网址不是 https，用不了通行密钥。找镇里的管理员要 https 的网址', en: 'Passkeys need https. Ask the town’s administrator for the https address' },
  browser: { zh: '这个浏览器没有通行密钥。换一个新一点的，或者用验证器', en: 'This browser knows no passkeys. Use a newer one, or the authenticator' },
}

/** Why passkeys do not work here, in words; null where they do. `named` is this machine's own page by its name. */
export function noPasskeysHere(): { said: Said; named: string | null } | null {
  const hindrance = passkeyHindrance(location.hostname, globalThis.isSecureContext === true, 'PublicKeyCredential' in globalThis)
  if (!hindrance) return null
  const own = hindrance === 'address' && location.hostname.startsWith('127.')
  return { said: WHY[hindrance], named: own ? location.href.replace(location.hostname, 'localhost') : null }
}
