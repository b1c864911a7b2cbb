import { instant, type Look, type Notice } from '@/api/types'
import { say, words, type Said } from '@/i18n/words'
import { moment } from '@/time/words'
import { purposeSaid } from '../lookWords'

const ROLES: Record<string, Said> = {
  household_owner: { zh: '户主', en: 'owner' }, relative: { zh: '家里人', en: 'family' }, clerk: { zh: '值班员', en: 'clerk' },
  police: { zh: '民警', en: 'police' }, grid_officer: { zh: '网格员', en: 'grid officer' }, installer: { zh: '装维师傅', en: 'technician' },
  probe: { zh: '检修的机器', en: 'repair probe (a machine)' },
}
const t = words(
  {
    approved: '{who}批准', urgent: '紧急查看：{who}要看{cameras}，{approver}批准，{from}到{until}', visit: '检修许可：{cameras}开到{until}，{who}许的', over: '，{when}结束了', because: '，因由：{purpose}',
  },
  {
    approved: 'approved by {who}', urgent: 'Emergency look: {who} at {cameras}, approved by {approver}, {from} to {until}', visit: 'Repair permission: {cameras} until {until}, given by {who}', over: ', ended {when}', because: ', purpose: {purpose}',
  },
)

export type LookedUnder = 'family' | 'outside' | 'emergency'

/** Under what somebody looked: as family, as staff, or by break-glass (rules.md P14). */
export function lookedUnder(look: Look): LookedUnder {
  if (look.approver) return 'emergency'
  return look.own ?? (look.role === 'relative' || look.role === 'household_owner') ? 'family' : 'outside'
}

/** As what, and who approved: "民警 · 王军批准". */
export const roleSaid = (look: Look): string => [
  ROLES[look.role] ? say(ROLES[look.role] as Said) : '', look.approver ? t('approved', { who: look.approver }) : '',
].filter(Boolean).join(' · ')

/** "紧急查看：刘强要看院坝，王军批准，10:02到11:02，因由：找人找物". */
export function noticeSentence(notice: Notice, nowMs: number): string {
  const at = (value: Notice['until'] | null): string => say(moment(instant(value) ?? 0, nowMs))
  const cameras = notice.cameras.map(({ name }) => name).join(say({ zh: '、', en: ', ' }))
  const values = { who: notice.who, cameras, approver: notice.approver ?? '', from: at(notice.begun_at), until: at(notice.until) }
  const line = t(notice.kind === 'break_glass' ? 'urgent' : 'visit', values)
  const why = notice.kind === 'break_glass' && notice.purpose ? t('because', { purpose: purposeSaid(notice.purpose) }) : ''
  return line + why + (notice.ended_at === null ? '' : t('over', { when: at(notice.ended_at) }))
}
