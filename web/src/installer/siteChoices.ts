import type { Said } from '@/i18n/words'

// The registry's own enumerations (camera/placement.py, camera/purpose.py), in words for the spot.

export const PLACES_HOME: Record<string, Said> = {
  courtyard: { zh: '自家院坝', en: 'Own courtyard' }, gate: { zh: '自家大门口', en: 'Own gate' }, living_room: { zh: '自家堂屋', en: 'Own living room' },
  field: { zh: '自家田间', en: 'Own field' },
}
export const PLACES_PUBLIC: Record<string, Said> = {
  roadside: { zh: '路边', en: 'Roadside' }, public_outdoor: { zh: '公共场地（室外）', en: 'Public, outdoors' }, public_indoor: { zh: '公共场所（室内）', en: 'Public, indoors' },
  field: { zh: '田间', en: 'Field' }, waterside: { zh: '水边', en: 'Waterside' }, hilltop: { zh: '山上高点', en: 'Hilltop' },
}
/** Nobody may hang a camera here (rules.md P1). */
export const PROHIBITED: Record<string, Said> = {
  guest_room: { zh: '客房', en: 'Guest room' }, dormitory: { zh: '宿舍', en: 'Dormitory' }, bathroom: { zh: '浴室', en: 'Bathroom' }, toilet: { zh: '厕所', en: 'Toilet' },
  changing_room: { zh: '更衣室', en: 'Changing room' }, nursing_room: { zh: '母婴室', en: 'Nursing room' }, fitting_room: { zh: '试衣间', en: 'Fitting room' },
}

export interface SiteKind { said: Said; purpose: string; legalClass: string }
const site = (zh: string, en: string, purpose: string, legalClass = 'gov_public'): SiteKind => ({ said: { zh, en }, purpose, legalClass })
/** What a public camera watches; purpose and class follow from it and may be changed. */
export const SITES: Record<string, SiteKind> = {
  road: site('主要路口', 'Key road', 'traffic'), square: site('广场街面', 'Square or street', 'order'), market: site('市场', 'Market', 'order', 'site_public'),
  office: site('办公场所', 'Office', 'order', 'site_public'), school: site('学校', 'School', 'school', 'site_public'), geohazard: site('地灾点', 'Geological hazard', 'geohazard'),
  reservoir: site('水库河道', 'Reservoir or river', 'flood'), forest_fire: site('森林防火高点', 'Forest-fire high point', 'fire'), thermal: site('热成像高点', 'Thermal high point', 'fire'),
  straw_burning: site('秸秆禁烧', 'Straw-burning watch', 'burning'), other: site('其他', 'Other', 'order', 'other_public'),
}
export const CLASSES: Record<string, Said> = {
  gov_public: { zh: '政府建的公共点位', en: 'Built by government' }, site_public: { zh: '学校、市场等单位的', en: 'Of a school, market, …' }, other_public: { zh: '其他公共场所的', en: 'Another public place' },
}
export const PURPOSES: Record<string, Said> = {
  home: { zh: '照看家里', en: 'Looking after one’s home' }, traffic: { zh: '道路通行', en: 'Road traffic' }, order: { zh: '公共场所秩序', en: 'Order in a public place' },
  school: { zh: '学生上下学', en: 'The way of pupils to school' }, flood: { zh: '防汛看水位', en: 'Water levels and floods' }, fire: { zh: '森林防火', en: 'Forest fires' },
  geohazard: { zh: '地质灾害监测', en: 'Geological hazards' }, burning: { zh: '秸秆禁烧', en: 'Burning of straw' }, other: { zh: '其他（要写明）', en: 'Other (write what)' },
}
const EMPTY_WORDS = /^(为了)?(公共)?安全(起见|需要)?$|^治安$|^(public )?(safety|security|safe)$/i
/** "安全" says nothing (rules.md P2). */
export const saysNothing = (text: string): boolean => EMPTY_WORDS.test(text.replace(/[^\p{L}\p{N} ]/gu, '').trim())
