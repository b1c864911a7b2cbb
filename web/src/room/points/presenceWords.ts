import type { Camera, PresenceState } from '@/api/types'
import type { Said } from '@/i18n/words'

/** What a presence means in plain words, and who can do something about it. */
export interface PresenceWords { icon: string; word: Said; cause: Said; next: Said }

const TECH: Said = { zh: '报装维师傅', en: 'Call the technician' }
const WORDS: Record<PresenceState, PresenceWords> = {
  online: { icon: 'live', word: { zh: '在线', en: 'Online' }, cause: { zh: '画面正常送来', en: 'Pictures arrive' }, next: { zh: '', en: '' } },
  off: { icon: 'private', word: { zh: '关了', en: 'Off' }, cause: { zh: '户主关了画面', en: 'Turned off by the household' }, next: { zh: '只有户主能打开', en: 'Only the household can turn it on' } },
  connecting: { icon: 'delayed', word: { zh: '在接', en: 'Connecting' }, cause: { zh: '正在连摄像机', en: 'Reaching the camera' }, next: { zh: '等几秒', en: 'Wait a few seconds' } },
  stalled: { icon: 'frozen', word: { zh: '停住', en: 'Stalled' }, cause: { zh: '连着，但不出画面', en: 'Connected, but no pictures come' }, next: { zh: '请户主或装维给摄像机断电再通电', en: 'Ask household or technician to power-cycle it' } },
  unreachable: { icon: 'offline', word: { zh: '离线', en: 'Offline' }, cause: { zh: '连不上：多半是断电或断网', en: 'Unreachable: probably no power or network' }, next: { zh: '先问户主，再报装维师傅', en: 'Ask the household, then the technician' } },
  unauthorised: { icon: 'offline', word: { zh: '密码不对', en: 'Wrong password' }, cause: { zh: '摄像机的账号或密码改过', en: 'The camera login was changed' }, next: TECH },
  not_found: { icon: 'offline', word: { zh: '没这路', en: 'No such stream' }, cause: { zh: '摄像机上没有这个地址', en: 'The camera has no such address' }, next: TECH },
  refused: { icon: 'offline', word: { zh: '不让连', en: 'Refused' }, cause: { zh: '摄像机拒绝连接，可能连的人太多', en: 'The camera refuses, perhaps too many connections' }, next: TECH },
  unsupported: { icon: 'offline', word: { zh: '编码不行', en: 'Coding' }, cause: { zh: '摄像机的编码这里放不了', en: 'Its coding cannot be played here' }, next: { zh: '报装维师傅改成 H.264、不带 B 帧', en: 'Ask the technician for H.264 without B-frames' } },
  garbage: { icon: 'offline', word: { zh: '数据坏', en: 'Broken data' }, cause: { zh: '送来的画面数据是坏的', en: 'It sends broken data' }, next: TECH },
}

const AWAY: PresenceWords = {
  icon: 'offline', word: { zh: '离线', en: 'Offline' }, cause: { zh: '平台接画面的一台机器停了，别的机器正在接手', en: 'One of our machines stopped; another is taking over' }, next: { zh: '不用报修，一般几秒就好', en: 'Nothing to do; usually seconds' },
}

export function presenceWords({ presence }: Pick<Camera, 'presence'>): PresenceWords {
  if (presence.state === 'unreachable' && presence.cause === 'ingest_away') return AWAY
  return WORDS[presence.state] ?? WORDS.unreachable
}
