import { ref, shallowRef } from 'vue'

export type Locale = 'zh' | 'en'
/** A sentence in both languages, made where the fact is known and chosen where it is shown. */
export interface Said { zh: string; en: string }

const KEPT_UNDER = 'huiyan.locale'

function kept(): Locale {
  try {
    const asked = new URLSearchParams(globalThis.location?.search ?? '').get('lang')
    const found = asked ?? globalThis.localStorage?.getItem(KEPT_UNDER)
    return found === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh' // storage may be forbidden; Chinese is the house language
  }
}

/** The language of the whole page. Chinese unless the person chose English (?lang=en or the switch). */
export const locale = ref<Locale>(kept())

export function speak(next: Locale): void {
  locale.value = next
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
  try {
    localStorage.setItem(KEPT_UNDER, next)
  } catch {
    // kept for this page only
  }
}

export const say = (both: Said): string => both[locale.value]

type Values = Record<string, string | number>
const fill = (text: string, values: Values): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))

/**
 * A page's dictionary: `const t = words({ off: '关画面' }, { off: 'Turn off' })`; both languages are complete by type.
 * English may be a function that fetches it; until it is here, Chinese is shown.
 */
export function words<K extends string>(zh: Record<K, string>, en: Record<K, string> | (() => Promise<Record<K, string>>)) {
  const english = shallowRef(typeof en === 'function' ? null : en)
  let asked = false
  return (key: K, values: Values = {}): string => {
    if (locale.value === 'zh') return fill(zh[key], values)
    if (english.value === null && typeof en === 'function' && !asked) {
      asked = true
      en().then((got) => { english.value = got }, () => { asked = false })
    }
    return fill((english.value ?? zh)[key], values)
  }
}
