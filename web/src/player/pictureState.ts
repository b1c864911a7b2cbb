import type { May, Presence, PresenceState } from '@/api/types'
import { instant } from '@/api/types'
import type { Said } from '@/i18n/words'
import { moment, span } from '@/time/words'
import type { SessionStatus } from './session'
import type { RelayState } from './channel'

/** ux.md "Picture states": what the hem and the plate of one picture say. */
export type PictureKind =
  | 'loading' | 'checking' | 'live' | 'delayed' | 'weak' | 'frozen' | 'offline' | 'private' | 'refused' | 'revoked' | 'fault'

/** `data-state` of the shared CSS; it chooses colour and line. */
export type HemState = 'loading' | 'live' | 'delayed' | 'frozen' | 'offline' | 'private' | 'refused'

export interface PictureView {
  kind: PictureKind
  hem: HemState
  /** Symbol of the sprite. */
  icon: string
  word: Said
  detail: Said
  /** Shown in place of the picture (or over the frozen one, as a chip); null when the picture speaks. */
  plate: { title: Said; hint: Said } | null
  /** Whether any frame may be seen. */
  picture: boolean
}

export interface PictureFacts {
  /** performance clock, ms. */
  now: number
  /** Epoch ms, for words like 昨晚. */
  wallNow: number
  wantedAt: number
  lastFrameAt: number | null
  /** Age of the frame on screen, ms; null while the relay's clock is unknown. */
  ageMs: number | null
  presence: Presence | null
  may: May | null
  status: SessionStatus | null
  relay: RelayState | null
  weak: boolean
  /** One picture a second instead of video (the second fallback). */
  stills?: boolean
  /** Who reads the words: the household itself, or a room. */
  family: boolean
  /** Reference of a platform failure. */
  fault: string | null
}

export const LIVE_WITHIN_MS = 1_500
export const FROZEN_AFTER_MS = 3_000
const STILL_TRYING_AFTER_MS = 4_000
/** A picture that never came and a platform that answers nothing: said as our fault after this long. */
const OUR_FAULT_AFTER_MS = 20_000

const none: Said = { zh: '', en: '' }
const both = (zh: string, en: string): Said => ({ zh, en })

const ABSENT = new Set<PresenceState>(['unreachable', 'unauthorised', 'not_found', 'refused', 'unsupported', 'garbage'])

export function pictureState(facts: PictureFacts): PictureView {
  return refusal(facts) ?? ending(facts) ?? turnedOff(facts) ?? moving(facts) ?? absence(facts) ?? frozen(facts) ?? fault(facts) ?? loading(facts)
}

const REFUSALS: Record<string, { word: Said; hint: Said }> = {
  private: { word: both('画面关了', 'Turned off'), hint: both('这户把画面关了，只有户主能打开', 'Turned off by the household; only its owner can turn it on') },
  no_consent: { word: both('没同意看', 'Not shared'), hint: both('这户没同意村里看。出事走“调取单”', 'Not shared with the village; use a retrieval case') },
  no_agreement: { word: both('要续签', 'Agreement lapsed'), hint: both('您的保密协议到期了，续签后就能看', 'Your agreement lapsed; renew it to watch') },
  no_right: { word: both('不归您看', 'Not yours'), hint: both('这路不归您这边管。要看，找镇里开权限', 'Belongs to another area; ask the town') },
  mask_pending: { word: both('遮挡没做好', 'Mask pending'), hint: both('遮挡还没做好，做好前只有这户自己能看', 'The mask is not ready; until then only the household may look') },
  not_active: { word: both('还没启用', 'Not active'), hint: both('这路还没启用，找装维师傅', 'Not active yet; ask the technician') },
}

function refusal({ may }: PictureFacts): PictureView | null {
  if (!may || may.live || !may.reason) return null
  const words = REFUSALS[may.reason] ?? { word: both('看不了', 'Not allowed'), hint: none }
  const hint = may.hint ? both(may.hint, may.hint_en ?? may.hint) : words.hint
  const closed = may.reason === 'private'
  return {
    kind: closed ? 'private' : 'refused', hem: closed ? 'private' : 'refused', icon: closed ? 'private' : 'lock',
    word: words.word, detail: none, plate: { title: words.word, hint }, picture: false,
  }
}

function ending({ status, relay }: PictureFacts): PictureView | null {
  const reason = status?.phase === 'ended' ? status.reason : relay === 'revoked' ? 'revoked' : null
  if (reason === 'camera_off') {
    return {
      kind: 'private', hem: 'private', icon: 'private', word: both('画面关了', 'Turned off'), detail: none, picture: false,
      plate: { title: both('画面关了', 'Turned off'), hint: both('户主关了画面，只有户主能打开', 'Turned off by the household; only its owner can turn it on') },
    }
  }
  if (reason === 'revoked') {
    return {
      kind: 'revoked', hem: 'private', icon: 'private', word: both('刚收回', 'Withdrawn'), detail: none, picture: false,
      plate: { title: both('户主刚收回，画面已断开', 'Just withdrawn by the household'), hint: both('要再看，请户主重新同意', 'To see it again, ask the owner') },
    }
  }
  if (reason === 'refused' || reason === 'session') {
    return {
      kind: 'refused', hem: 'refused', icon: 'lock', word: both('看不了', 'Not allowed'), detail: none, picture: false,
      plate: { title: both('现在看不了', 'Not allowed now'), hint: both('请户主再发一次链接', 'Ask the owner for a new link') },
    }
  }
  return null
}

/** Frames arrive: live, delayed, weak, or not yet known how old. */
function moving(facts: PictureFacts): PictureView | null {
  const { now, lastFrameAt, ageMs, weak } = facts
  if (lastFrameAt === null || now - lastFrameAt >= FROZEN_AFTER_MS) return null
  if (ageMs === null) {
    return { kind: 'checking', hem: 'loading', icon: 'delayed', word: both('画面来了', 'Picture here'), detail: both('正在对时', 'checking its age'), plate: null, picture: true }
  }
  if (ageMs > LIVE_WITHIN_MS) {
    const s = (Math.floor(ageMs / 100) / 10).toFixed(1)
    const word = ageMs < 60_000 ? both(`延迟 ${s} 秒`, `${s} s behind`) : both(`延迟 ${span(ageMs).zh}`, `${span(ageMs).en} behind`)
    return { kind: 'delayed', hem: 'delayed', icon: 'delayed', word, detail: none, plate: null, picture: true }
  }
  if (facts.stills) {
    return { kind: 'weak', hem: 'delayed', icon: 'delayed', word: both('一秒一张', 'One picture a second'), detail: both('这里放不了视频', 'no video here'), plate: null, picture: true }
  }
  if (weak) {
    return { kind: 'weak', hem: 'delayed', icon: 'delayed', word: both('正在直播', 'Live'), detail: both('网弱，已换成小画面', 'Weak network; smaller picture'), plate: null, picture: true }
  }
  const detail = ageMs < 1000 ? both('晚不到 1 秒', 'under 1 s behind') : both('晚 1 秒多', 'just over 1 s behind')
  return { kind: 'live', hem: 'live', icon: 'live', word: both('正在直播', 'Live'), detail, plate: null, picture: true }
}

function presenceOf({ presence, status, relay }: PictureFacts): PresenceState | null {
  if (status?.phase === 'no_picture' && status.code) return status.code as PresenceState
  if (relay === 'offline') return presence && presence.state !== 'online' ? presence.state : 'unreachable'
  return presence?.state ?? null
}

/** Off is believed at once, even while the last frames still arrive. */
function turnedOff(facts: PictureFacts): PictureView | null {
  if (presenceOf(facts) !== 'off') return null
  return {
    kind: 'private', hem: 'private', icon: 'private', word: both('画面关了', 'Turned off'), detail: none, picture: false,
    plate: { title: both('画面关了', 'Turned off'), hint: both('只有户主能打开', 'Only the owner can turn it on') },
  }
}

function absence(facts: PictureFacts): PictureView | null {
  const state = presenceOf(facts)
  if (!state || !ABSENT.has(state)) return null
  if (facts.status?.phase === 'up' && facts.relay === 'live') return null // the relay knows better than an old presence
  // One of our machines is away: of the home nothing is known, and what was seen stands still, with its age.
  if (state === 'unreachable' && facts.presence?.cause === 'ingest_away' && facts.lastFrameAt !== null) return null
  const since = instant(facts.presence?.since)
  const at = since === null ? null : moment(since, facts.wallNow)
  const detail = at ? both(`${at.zh} 起`, `since ${at.en}`) : none
  const word = at ? both(`${at.zh} 断线`, `Offline since ${at.en}`) : both('断线', 'Offline')
  const hint = facts.family ? FAMILY_HINT[state] ?? FAMILY_HINT.unreachable : ROOM_HINT[state] ?? none
  return {
    kind: 'offline', hem: 'offline', icon: 'offline',
    word: facts.family ? both('断线', 'Offline') : word, detail: facts.family ? detail : none,
    plate: { title: facts.family ? familyTitle(state) : word, hint: hint ?? none }, picture: false,
  }
}

const familyTitle = (state: PresenceState): Said =>
  state === 'unreachable' ? both('家里断网了', 'Home is offline') : both('摄像机连不上', 'The camera cannot be reached')

const CALL = both('请装维师傅来看一下摄像机', 'Ask the technician to look at the camera')
const FAMILY_HINT: Partial<Record<PresenceState, Said>> & { unreachable: Said } = {
  unreachable: both('看看路由器灯亮不亮', 'See whether the router light is on'),
  unauthorised: CALL, not_found: CALL, refused: CALL, unsupported: CALL, garbage: CALL,
}
const ROOM_HINT: Partial<Record<PresenceState, Said>> = {
  unreachable: both('连不上，报装维', 'Unreachable; call the technician'),
  unauthorised: both('摄像机密码不对，报装维', 'Wrong camera password; call the technician'),
  not_found: both('摄像机上没有这路，报装维', 'No such stream on the camera; call the technician'),
  refused: both('摄像机不让连，报装维', 'The camera refuses; call the technician'),
  unsupported: both('编码不支持，报装维', 'Unsupported coding; call the technician'),
  garbage: both('画面数据坏了，报装维', 'Broken picture data; call the technician'),
}

/** The last frame stays, grey and hatched, with its age in the middle. */
function frozen({ now, lastFrameAt, ageMs }: PictureFacts): PictureView | null {
  if (lastFrameAt === null) return null
  const age = span(ageMs ?? now - lastFrameAt)
  const title = both(`${age.zh}前的画面`, `Picture from ${age.en} ago`)
  return {
    kind: 'frozen', hem: 'frozen', icon: 'frozen', word: title, detail: both('正在重连', 'reconnecting'),
    plate: { title, hint: both('正在重连', 'Reconnecting') }, picture: true,
  }
}

function fault({ status, fault: code, now, wantedAt }: PictureFacts): PictureView | null {
  if (status?.phase !== 'away' || now - wantedAt < OUR_FAULT_AFTER_MS) return null
  const ref = code ? both(`编号 ${code}。`, `Code ${code}. `) : none
  return {
    kind: 'fault', hem: 'refused', icon: 'wifi', word: both('接不上', 'Cannot connect'), detail: both('一直在试', 'still trying'), picture: false,
    plate: { title: both('一直接不上', 'Cannot connect'), hint: both(`${ref.zh}可能是您的网，也可能是平台。一直在试`, `${ref.en}Your network or our platform. Still trying`) },
  }
}

function loading({ now, wantedAt }: PictureFacts): PictureView {
  const slow = now - wantedAt >= STILL_TRYING_AFTER_MS
  const word = slow ? both('还在接，网有点慢', 'Still trying; slow network') : both('正在接通…', 'Connecting…')
  return { kind: 'loading', hem: 'loading', icon: 'clock', word, detail: none, plate: null, picture: false }
}
