import type { LifeState, RoomKind } from '@/api/admin'
import type { Said } from '@/i18n/words'

const of = (names: Record<string, Said>) => (code: string): Said => names[code] ?? { zh: code, en: code }

export const roleName = of({
  household_owner: { zh: '户主', en: 'Owner' }, relative: { zh: '家人', en: 'Relative' }, clerk: { zh: '值班员', en: 'Clerk' }, police: { zh: '民警', en: 'Police' },
  grid_officer: { zh: '网格员', en: 'Grid officer' }, room_admin: { zh: '室管理员', en: 'Room administrator' }, installer: { zh: '装维', en: 'Installer' },
  administrator: { zh: '管理员', en: 'Administrator' }, auditor: { zh: '审计员', en: 'Auditor' }, operator: { zh: '运营（机器）', en: 'Operator (machine)' }, probe: { zh: '探测（机器）', en: 'Probe (machine)' },
})

export const levelName = of({
  county: { zh: '县', en: 'County' }, town: { zh: '乡镇街道', en: 'Town' }, village: { zh: '村社区', en: 'Village' }, group: { zh: '组社网格', en: 'Group' },
})

export const ROOM_KINDS: Record<RoomKind, Said> = {
  village: { zh: '村监看室', en: 'Village' }, community: { zh: '社区监看室', en: 'Community' }, town: { zh: '镇综治中心', en: 'Town centre' },
  county_centre: { zh: '县综治中心', en: 'County centre' }, police: { zh: '派出所', en: 'Police station' },
}
export const roomKindName = of(ROOM_KINDS)

export interface StateWords { name: Said; icon: string; to: Said; follows: Said }
/** The life of a camera: its name, the step into it, and what follows from the step. */
export const STATES: Record<LifeState, StateWords> = {
  draft: { name: { zh: '草稿', en: 'Draft' }, icon: 'file', to: { zh: '退回草稿', en: 'Back to draft' }, follows: { zh: '画面停掉，装维要重新验收', en: 'Pictures stop; the installer checks it again' } },
  verified: { name: { zh: '已验收', en: 'Verified' }, icon: 'check', to: { zh: '验收通过', en: 'Verify' }, follows: { zh: '还没人能看，启用以后才能', en: 'Nobody sees it until it is activated' } },
  active: { name: { zh: '在用', en: 'Active' }, icon: 'live', to: { zh: '启用', en: 'Activate' }, follows: { zh: '有权的人从现在起能看', en: 'Those with the right may look from now on' } },
  suspended: { name: { zh: '暂停', en: 'Suspended' }, icon: 'pause', to: { zh: '暂停', en: 'Suspend' }, follows: { zh: '正在看的人 10 秒内断开，随时可以再启用', en: 'Whoever watches is cut off within 10 s; it can be activated again' } },
  retired: { name: { zh: '撤掉', en: 'Retired' }, icon: 'x', to: { zh: '撤掉', en: 'Retire' }, follows: { zh: '正在看的人 10 秒内断开，撤掉以后不能再启用，只能重新加一路。谁看过的记录还在', en: 'Whoever watches is cut off within 10 s. It cannot come back, only be added anew. The record of looks stays' } },
}
export const stateName = (code: string): Said => STATES[code as LifeState]?.name ?? { zh: code, en: code }

/** What still stands between a camera and its next state (registry.md, Cameras). */
export const missingName = of({
  signage: { zh: '还没贴告示牌：拍一张照片传上来', en: 'No sign is posted: send its photo' }, consent: { zh: '这户还没签同意', en: 'The household has not signed' },
  live_check: { zh: '装维还没看过测试画面', en: 'The installer has not checked the picture' }, placement: { zh: '还没写明装在什么地方', en: 'The placement is not attested' },
})

export const siteName = of({
  road: { zh: '道路路口', en: 'Road' }, square: { zh: '广场', en: 'Square' }, market: { zh: '市场', en: 'Market' }, office: { zh: '办公点', en: 'Office' }, school: { zh: '学校', en: 'School' },
  geohazard: { zh: '地灾点', en: 'Geological hazard' }, reservoir: { zh: '水库河道', en: 'Reservoir' }, forest_fire: { zh: '森林防火', en: 'Forest fire' }, thermal: { zh: '热像', en: 'Thermal' },
  straw_burning: { zh: '秸秆禁烧', en: 'Straw burning' }, courtyard: { zh: '院坝', en: 'Courtyard' }, other: { zh: '其他', en: 'Other' },
})
export const className = of({
  gov_public: { zh: '政府公共', en: 'Government public' }, site_public: { zh: '场所公共', en: 'Public site' }, other_public: { zh: '其他公共', en: 'Other public' }, household: { zh: '家庭', en: 'Household' },
})

/** What a camera is for (camera/purpose.py); shown on its sign. */
export const CAMERA_PURPOSES: Record<string, Said> = {
  traffic: { zh: '道路通行', en: 'Road traffic' }, order: { zh: '公共场所秩序', en: 'Order in a public place' }, school: { zh: '学生上下学', en: 'Way to school' }, flood: { zh: '防汛看水位', en: 'Floods' },
  fire: { zh: '森林防火', en: 'Forest fires' }, geohazard: { zh: '地质灾害监测', en: 'Geological hazards' }, burning: { zh: '秸秆禁烧', en: 'Straw burning' }, home: { zh: '照看家里', en: 'One’s home' }, other: { zh: '其他', en: 'Other' },
}
export const retentionName = (code: string): Said => {
  const days = Number(code.replace('days_', ''))
  return Number.isFinite(days) ? { zh: `${days} 天`, en: `${days} days` } : { zh: code, en: code }
}

/** Steps of a decision in their order, as a question (registry.md, Decisions). */
export const STEPS: Record<string, Said> = {
  principal: { zh: '这个人还在用账号吗', en: 'Is the account in use?' }, role: { zh: '他的身份能看画面吗', en: 'Does the role see pictures?' }, area: { zh: '这路归他管吗', en: 'Is the camera in his area?' },
  household: { zh: '是这家的人吗', en: 'Is he of the household?' }, consent: { zh: '这户同意了吗', en: 'Has the household consented?' }, purpose: { zh: '因由说得过去吗', en: 'Is the purpose allowed?' },
  schedule: { zh: '在同意的钟点里吗', en: 'Within the agreed hours?' }, staff: { zh: '政审、培训、保密协议齐吗', en: 'Vetted, trained, under agreement?' }, camera: { zh: '这路在用吗', en: 'Is the camera active?' },
  mask: { zh: '该遮的遮好了吗', en: 'Is the mask applied?' }, off: { zh: '户主关画面了吗', en: 'Has the owner turned it off?' },
}
export const stepName = (code: string): Said => STEPS[code] ?? { zh: code, en: code }

export const lackName = of({
  vetting: { zh: '政审', en: 'vetting' }, not_vetted: { zh: '政审', en: 'vetting' }, training: { zh: '培训', en: 'training' }, not_trained: { zh: '培训', en: 'training' },
  second_factor: { zh: '第二步验证', en: 'second sign-in step' }, agreement: { zh: '保密协议', en: 'agreement' }, no_agreement: { zh: '保密协议', en: 'agreement' },
})
