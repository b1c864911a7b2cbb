/** What a link carries in its fragment, which never reaches a server log: `#<code>&by=妈妈&home=妈妈家`. */
export interface LinkInHand {
  code: string
  /** Who sent it and which home, as the sender's page wrote it; shown, never believed. */
  by: string
  home: string
}

const NAME_MAX = 12

/** Only letters, digits, Han and blanks, 12 at most: a link must not be able to put sentences on our page. */
const name = (text: string | null): string => (text ?? '').replace(/[^\p{L}\p{N} ]/gu, '').slice(0, NAME_MAX)

export function linkIn(hash: string): LinkInHand | null {
  const [code = '', ...rest] = hash.replace(/^#/, '').split('&')
  if (!/^[A-Za-z0-9_-]{16,}$/.test(code)) return null
  const more = new URLSearchParams(rest.join('&'))
  return { code, by: name(more.get('by')), home: name(more.get('home')) }
}

/** The link made by the registry, with the sender's words for the landing page. */
export const linkFor = (url: string, by: string, home: string): string =>
  url.includes('#') ? `${url}&${new URLSearchParams({ by: name(by), home: name(home) }).toString()}` : url

/** What the owner will see in the list of devices: `Android 手机`. */
export function deviceName(agent: string): string {
  if (/iPad/.test(agent)) return 'iPad'
  if (/iPhone/.test(agent)) return 'iPhone'
  if (/Android/.test(agent)) return /Mobile/.test(agent) ? 'Android 手机' : 'Android 平板'
  return /Windows|Macintosh|Linux/.test(agent) ? '电脑' : '手机'
}
