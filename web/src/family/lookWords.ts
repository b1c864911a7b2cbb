import type { Camera, Look, Looks } from '@/api/types'
import { instant } from '@/api/types'
import { say, words, type Said } from '@/i18n/words'
import { hhmm, span } from '@/time/words'

/** What is said of looks; it comes with the list, not with the picture. */
export const t = words(
  {
    looksToday: '今天', looksYesterday: '昨天', dayLine: '{day}{summary}', whoLooked: '谁看过', nobodyLooked: '这天没人看过',
    homeLooked: '家里 {n} 人看过', homeNobody: '家里没人看', villageLooked: '外面 {n} 人看过', villageNobody: '村里没人看',
    lookLine: '{who} {when} 看了{camera} {span}', lookLineNow: '{who} {when} 开始看{camera}', lookLineNone: '{who} {when} 打开{camera}，没看成', lookLineTest: '{who} {when} 看了{camera}一张测试画面', because: '，因由：{purpose}', goneCamera: '撤掉的一路',
  },
  {
    looksToday: 'Today', looksYesterday: 'Yesterday', dayLine: '{day} {summary}', whoLooked: 'Who looked', nobodyLooked: 'Nobody looked that day',
    homeLooked: '{n} of the family looked', homeNobody: 'none of the family looked', villageLooked: '{n} from outside looked', villageNobody: 'nobody from the village',
    lookLine: '{who} looked at {camera} at {when} for {span}', lookLineNow: '{who} began to look at {camera} at {when}', lookLineNone: '{who} opened {camera} at {when} but got no picture', lookLineTest: '{who} saw one test picture of {camera} at {when}', because: ', purpose: {purpose}', goneCamera: 'a removed camera',
  },
)

export const PURPOSES: Record<string, Said> = {
  patrol: { zh: '日常巡看', en: 'patrol' }, alarm: { zh: '核实告警', en: 'checking an alarm' },
  search: { zh: '找人找物', en: 'searching' }, dispute: { zh: '调解纠纷', en: 'a dispute' },
  flood: { zh: '防汛', en: 'flood watch' }, fire: { zh: '防火', en: 'fire watch' },
  maintenance: { zh: '维护检修', en: 'maintenance' }, other: { zh: '其他', en: 'other' },
}

/** A purpose in words; one that we do not know is shown as it is. */
export const purposeSaid = (code: string): string => (PURPOSES[code] ? say(PURPOSES[code]) : code)

/** "家里 3 人看过，村里没人看". */
export function looksSummary(looks: Looks): string {
  const home = looks.household_viewers ? t('homeLooked', { n: looks.household_viewers }) : t('homeNobody')
  const outside = looks.outside_viewers ? t('villageLooked', { n: looks.outside_viewers }) : t('villageNobody')
  return say({ zh: `${home}，${outside}`, en: `${home}, ${outside}` })
}

/** So long after it was granted a look without a frame may still begin. */
const BEGINS_WITHIN_MS = 60_000

function lineOf(look: Look, startedMs: number | null, nowMs: number): 'lookLine' | 'lookLineNow' | 'lookLineNone' | 'lookLineTest' {
  if (look.seconds !== null) return 'lookLine'
  if (look.role === 'installer') return 'lookLineTest'
  return startedMs !== null && nowMs - startedMs < BEGINS_WITHIN_MS ? 'lookLineNow' : 'lookLineNone'
}

/** "李秀英 10:31 看了院坝 4 分钟，因由：核实告警"; a look of which no frame arrived says so. */
export function lookSentence(look: Look, cameras: Camera[], nowMs = Date.now()): string {
  const camera = look.camera_name ?? cameras.find((one) => one.id === look.camera)?.name ?? t('goneCamera')
  const started = instant(look.started_at)
  const values = { who: look.place && !look.own ? `${look.place} ${look.who}` : look.who, when: started === null ? '' : hhmm(started), camera }
  const line = t(lineOf(look, started, nowMs), { ...values, span: say(span((look.seconds ?? 0) * 1000)) })
  return line + (look.purpose ? t('because', { purpose: purposeSaid(look.purpose) }) : '')
}
