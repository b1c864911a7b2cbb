import type { Said } from '@/i18n/words'

/** Site kinds of mission.md; a kind the page does not know yet is shown by its code. */
const KINDS: Record<string, Said> = {
  road: { zh: '主要路口', en: 'Key road' },
  square: { zh: '广场街面', en: 'Square or street' },
  market: { zh: '市场', en: 'Market' },
  office: { zh: '办公服务点', en: 'Office' },
  school: { zh: '学校', en: 'School' },
  geohazard: { zh: '地灾点', en: 'Geological hazard' },
  reservoir: { zh: '水库河道', en: 'Reservoir or river' },
  forest_fire: { zh: '森林防火高点', en: 'Forest-fire high point' },
  thermal: { zh: '热像', en: 'Thermal' },
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

/** What the installer attests; nobody may hang a camera in the second part (rules.md P1). */
export const PLACEMENTS: Record<string, Said> = {
  roadside: { zh: '路边', en: 'Roadside' }, public_outdoor: { zh: '公共场地（室外）', en: 'Public, outdoors' }, public_indoor: { zh: '公共场所（室内）', en: 'Public, indoors' },
  field: { zh: '田间', en: 'Field' }, waterside: { zh: '水边', en: 'Waterside' }, hilltop: { zh: '山上高点', en: 'Hilltop' },
  courtyard: { zh: '自家院坝', en: 'Own courtyard' }, gate: { zh: '自家大门', en: 'Own gate' }, living_room: { zh: '自家堂屋', en: 'Own living room' },
}
export const PROHIBITED: Record<string, Said> = {
  guest_room: { zh: '客房', en: 'Guest room' }, dormitory: { zh: '宿舍', en: 'Dormitory' }, bathroom: { zh: '浴室', en: 'Bathroom' }, toilet: { zh: '厕所', en: 'Toilet' },
  changing_room: { zh: '更衣室', en: 'Changing room' }, nursing_room: { zh: '母婴室', en: 'Nursing room' }, fitting_room: { zh: '试衣间', en: 'Fitting room' },
}
