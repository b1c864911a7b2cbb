import type { Right } from '@/api/household'
import type { Said } from '@/i18n/words'

export const RIGHT_WORDS: Record<Right, Said> = {
  live: { zh: '看直播', en: 'Watch live' }, playback: { zh: '看录像', en: 'Recordings' }, alarms: { zh: '收告警', en: 'Alarms' },
  talk: { zh: '喊话', en: 'Talk' }, ptz: { zh: '转镜头', en: 'Move the camera' },
}
