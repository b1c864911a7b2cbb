import type { Camera, Look, Looks } from '@/api/types'
import { instant } from '@/api/types'
import { say, type Said } from '@/i18n/words'
import { hhmm, span } from '@/time/words'
import { t } from './words'

export const PURPOSES: Record<string, Said> = {
  patrol: { zh: '日常巡看', en: 'patrol' }, alarm: { zh: '核实告警', en: 'checking an alarm' },
  search: { zh: '找人找物', en: 'searching' }, dispute: { zh: '调解纠纷', en: 'a dispute' },
  flood: { zh: '防汛', en: 'flood watch' }, fire: { zh: '防火', en: 'fire watch' },
  maintenance: { zh: '维护检修', en: 'maintenance' }, other: { zh: '其他', en: 'other' },
}

/** "家里 3 人看过，村里没人看". */
export function looksSummary(looks: Looks): string {
  const home = looks.household_viewers ? t('homeLooked', { n: looks.household_viewers }) : t('homeNobody')
  const outside = looks.outside_viewers ? t('villageLooked', { n: looks.outside_viewers }) : t('villageNobody')
  return say({ zh: `${home}，${outside}`, en: `${home}, ${outside}` })
}

/** "李秀英 10:31 看了院坝 4 分钟，因由：核实告警". */
export function lookSentence(look: Look, cameras: Camera[]): string {
  const camera = look.camera_name ?? cameras.find((one) => one.id === look.camera)?.name ?? t('goneCamera')
  const started = instant(look.started_at)
  const values = { who: look.place && !look.own ? `${look.place} ${look.who}` : look.who, when: started === null ? '' : hhmm(started), camera }
  const line = look.seconds === null ? t('lookLineNow', values) : t('lookLine', { ...values, span: say(span(look.seconds * 1000)) })
  const purpose = look.purpose ? PURPOSES[look.purpose] : undefined
  return line + (look.purpose ? t('because', { purpose: purpose ? say(purpose) : look.purpose }) : '')
}
