import type { Said } from '@/i18n/words'

/** Site kinds of mission.md; a kind the page does not know yet is shown by its code. */
const KINDS: Record<string, Said> = {
  road: { zh: '主要路口', en: 'Key road' },
  square: { zh: '广场', en: 'Square' },
  market: { zh: '场镇街面', en: 'Market street' },
  office: { zh: '便民服务场所', en: 'Service office' },
  school: { zh: '学校周边', en: 'School surroundings' },
  geohazard: { zh: '地灾点', en: 'Geological hazard' },
  reservoir: { zh: '水库河道', en: 'Reservoir or river' },
  forest_fire: { zh: '森林防火高点', en: 'Forest-fire high point' },
  thermal: { zh: '热成像', en: 'Thermal' },
  straw_burning: { zh: '秸秆禁烧', en: 'Straw-burning watch' },
  courtyard: { zh: '院坝', en: 'Courtyard' },
  other: { zh: '其他', en: 'Other' },
}
/** 重点: places where minutes count. */
const WATCH = new Set(['geohazard', 'reservoir', 'forest_fire', 'thermal', 'straw_burning'])

export const siteKindName = (code: string): Said => KINDS[code] ?? { zh: code, en: code }
export const siteKinds = (): string[] => Object.keys(KINDS)
export const isWatchPoint = (code: string): boolean => WATCH.has(code)

const CLASSES: Record<string, Said> = {
  gov_public: { zh: '政府公共点位', en: 'Government public' },
  site_public: { zh: '场所公共点位', en: 'Public site' },
  other_public: { zh: '其他公共点位', en: 'Other public' },
  household: { zh: '家庭点位', en: 'Household' },
}
export const legalClassName = (code: string): Said => CLASSES[code] ?? { zh: code, en: code }
export const legalClasses = (): string[] => Object.keys(CLASSES)
