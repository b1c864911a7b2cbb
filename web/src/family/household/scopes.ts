import type { Consent, ScopeText } from '@/api/household'
import type { Said } from '@/i18n/words'

// What each scope of rules.md P10 means in plain words. The binding text comes from the registry.

export type ScopeGroup = 'home' | 'outside' | 'machine'

interface Plain {
  title: Said
  /** Who may see then, in one line under the title. */
  who: Said
  /** What withdrawing means, beyond what holds for all. */
  gone: Said
}

const SEEN_ENDS: Said = { zh: '10 秒之内，外面谁也看不到了；正在看的，当场断开。', en: 'Within 10 seconds nobody outside sees it; whoever is watching is cut off.' }
const PLAIN: Record<string, Plain> = {
  relatives: {
    title: { zh: '家里人看', en: 'Family may look' },
    who: { zh: '只有您请来的家里人', en: 'Only the family whom you invited' },
    gone: { zh: '不再请新的人。已经请来的，到“家里人”里一个一个拿掉，10 秒之内就看不到了；您自己照样能看。', en: 'Nobody new is invited. Whom you invited you remove one by one under “Family”: within 10 seconds they see nothing; you still do.' },
  },
  record: {
    title: { zh: '存录像', en: 'Keep recordings' },
    who: { zh: '存在本镇，到期自动删掉', en: 'Kept in this town, deleted by itself when due' },
    gone: { zh: '从现在起不再存。以前存下的，到期自动删掉。', en: 'Nothing is kept from now on. What was kept is deleted when due.' },
  },
  tv: {
    title: { zh: '家里电视看', en: 'On the TV at home' },
    who: { zh: '自家的电视，遥控器点开才有', en: 'Your own TV, only when opened by the remote' },
    gone: { zh: '10 秒之内，电视上看不到了。', en: 'Within 10 seconds it is gone from the TV.' },
  },
  live_village: {
    title: { zh: '村监控室看直播', en: 'Village room watches live' },
    who: { zh: '每次都记下谁看的、为什么看', en: 'Each look is on record with its purpose' },
    gone: SEEN_ENDS,
  },
  live_town: {
    title: { zh: '镇里看直播', en: 'Town watches live' },
    who: { zh: '镇综治中心，每次都留痕', en: 'The town’s centre; each look is on record' },
    gone: SEEN_ENDS,
  },
  live_county: {
    title: { zh: '县里看直播', en: 'County watches live' },
    who: { zh: '县综治中心，每次都留痕', en: 'The county’s centre; each look is on record' },
    gone: SEEN_ENDS,
  },
  live_police: {
    title: { zh: '派出所看直播', en: 'Police station watches live' },
    who: { zh: '本地派出所，每次都留痕', en: 'The local station; each look is on record' },
    gone: SEEN_ENDS,
  },
  retrieve_after_event: {
    title: { zh: '出事以后调录像', en: 'Recordings after an event' },
    who: { zh: '要有两个人在场，先问过您', en: 'Two people, and you are asked first' },
    gone: { zh: '以后出了事，要再问您一次，您点头才能调。', en: 'After an event you are asked anew and must say yes.' },
  },
}
const HOME = ['relatives', 'record', 'tv']
const OUTSIDE = ['live_village', 'live_town', 'live_county', 'live_police', 'retrieve_after_event']
export const GROUPS: ScopeGroup[] = ['home', 'outside', 'machine']

export function groupOf(scope: string): ScopeGroup {
  if (HOME.includes(scope)) return 'home'
  return scope.startsWith('analytics_') ? 'machine' : 'outside'
}

export function plain(text: { scope: string; title: string }): Plain {
  const known = PLAIN[text.scope]
  if (known) return known
  return {
    // The registry's own words, in the language asked for: a title may not promise less or more than the text that binds.
    title: { zh: text.title, en: text.title },
    who: { zh: '只有机器看，有事才喊您', en: 'Only the machine looks, and tells you' },
    gone: { zh: '机器马上不看了，有事也不会再喊您。', en: 'The machine stops looking; it will not tell you any more.' },
  }
}

/** Hours matter where people look; a recording or the TV is on or off. */
export const hasHours = (scope: string): boolean => scope.startsWith('live_') || scope.startsWith('analytics_')
export const hasPurposes = (text: ScopeText): boolean => text.scope.startsWith('live_') && text.purposes.length > 0

export interface ScopeRow { text: ScopeText; consents: Consent[] }

/** The rows of one group in the order of the mock, whatever the registry's order. */
export function rowsOf(group: ScopeGroup, texts: ScopeText[], consents: Consent[]): ScopeRow[] {
  const order = [...HOME, ...OUTSIDE]
  const place = (scope: string): number => (order.includes(scope) ? order.indexOf(scope) : order.length)
  return texts.filter(({ scope }) => groupOf(scope) === group)
    .sort((a, b) => place(a.scope) - place(b.scope))
    .map((text) => ({ text, consents: consents.filter(({ scope }) => scope === text.scope) }))
}
