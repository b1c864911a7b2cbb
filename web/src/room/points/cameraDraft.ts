import type { Problem } from '@/api/problem'
import type { Camera, CameraChange, CameraMade } from '@/api/types'
import type { Said } from '@/i18n/words'
import { PROHIBITED } from './siteKinds'

export interface Draft {
  name: string
  area: string
  household: string
  legalClass: string
  siteKind: string
  placement: string
  attested: boolean
  mainUrl: string
  subUrl: string
  user: string
  password: string
}
export type Field = keyof Draft
export type Faults = Partial<Record<Field, Said>>

export const newDraft = (area = ''): Draft => ({
  name: '', area, household: '', legalClass: '', siteKind: '', placement: '', attested: false, mainUrl: '', subUrl: '', user: '', password: '',
})

export const draftOf = (camera: Camera): Draft => ({
  ...newDraft(camera.area), name: camera.name, household: camera.household ?? '', legalClass: camera.legal_class, siteKind: camera.site_kind,
})

const say = (zh: string, en: string): Said => ({ zh, en })
const rtsp = /^rtsps?:\/\/[^\s/]+/i

/** What the page can see by itself; the registry judges addresses and rights. `edit`: only what can be changed is asked. */
export function faultsOf(draft: Draft, edit: boolean): Faults {
  const faults: Faults = {}
  if (!draft.name.trim()) faults.name = say('写个名字，村里人一听就懂的', 'Give it a name people know')
  if (!draft.area) faults.area = say('选在哪个社', 'Choose the group')
  if (draft.mainUrl ? !rtsp.test(draft.mainUrl.trim()) : !edit) faults.mainUrl = say('地址要以 rtsp:// 或 rtsps:// 开头', 'The address begins with rtsp:// or rtsps://')
  if (draft.subUrl && !rtsp.test(draft.subUrl.trim())) faults.subUrl = say('地址要以 rtsp:// 或 rtsps:// 开头', 'The address begins with rtsp:// or rtsps://')
  if (edit) return faults
  if (!draft.siteKind) faults.siteKind = say('选看的是什么', 'Choose what it watches')
  if (!draft.legalClass) faults.legalClass = say('选归类', 'Choose the class')
  if (draft.legalClass === 'household' && !draft.household.trim()) faults.household = say('家庭点位要写明是哪户', 'A household camera needs its household')
  if (!draft.placement) faults.placement = say('选装在哪种地方', 'Choose where it hangs')
  else if (draft.placement in PROHIBITED) faults.placement = say('这种地方依法不能装摄像机', 'The law forbids cameras in such places')
  if (!draft.attested) faults.attested = say('要您确认装的地方', 'Please confirm the place')
  return faults
}

export function madeFrom(draft: Draft): CameraMade {
  const text = (value: string): string => value.trim()
  return {
    name: text(draft.name), area: draft.area, legal_class: draft.legalClass, site_kind: draft.siteKind, placement: draft.placement, main_url: text(draft.mainUrl),
    ...(draft.legalClass === 'household' ? { household: text(draft.household) } : {}),
    ...(draft.subUrl ? { sub_url: text(draft.subUrl) } : {}),
    ...(draft.user ? { user: text(draft.user), password: draft.password } : {}),
  }
}

/** Only what differs; addresses and login are never read back, so empty means unchanged. */
export function changeFrom(draft: Draft, camera: Camera): CameraChange {
  return {
    ...(draft.name.trim() !== camera.name ? { name: draft.name.trim() } : {}),
    ...(draft.area !== camera.area ? { area: draft.area } : {}),
    ...(draft.mainUrl ? { main_url: draft.mainUrl.trim() } : {}),
    ...(draft.subUrl ? { sub_url: draft.subUrl.trim() } : {}),
    ...(draft.user ? { user: draft.user.trim(), password: draft.password } : {}),
  }
}

const BY_CODE: Record<string, Field> = {
  camera_url: 'mainUrl', camera_network: 'mainUrl', placement_prohibited: 'placement', no_ingest_key: 'password',
  area: 'area', household: 'household',
}
const BY_WORD: [RegExp, Field][] = [
  [/household|住户/i, 'household'], [/area|地区|不归/i, 'area'], [/placement/i, 'placement'], [/name/i, 'name'], [/url|address|地址/i, 'mainUrl'],
]

/** At which field a refusal of the registry belongs; null = it concerns the whole. */
export function fieldOf(problem: Problem): Field | null {
  const known = BY_CODE[problem.code]
  if (known) return known
  if (problem.status !== 422) return null
  const said = `${problem.code} ${problem.body.detail ?? ''} ${problem.body.detail_en ?? ''}`
  return BY_WORD.find(([word]) => word.test(said))?.[1] ?? null
}
