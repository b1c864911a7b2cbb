import type { Camera } from '@/api/types'
import { instant } from '@/api/types'
import type { Said } from '@/i18n/words'
import type { PictureView } from '@/player/pictureState'
import { presenceWords } from '../points/presenceWords'
import { span } from '@/time/words'

const SHORT: Record<PictureView['kind'], Said> = {
  loading: { zh: '接通…', en: 'Connecting' }, checking: { zh: '对时', en: 'Timing' },
  live: { zh: '直播', en: 'Live' }, delayed: { zh: '延迟', en: 'Delayed' }, weak: { zh: '小画面', en: 'Small' },
  frozen: { zh: '停住', en: 'Frozen' }, offline: { zh: '离线', en: 'Offline' }, private: { zh: '已关', en: 'Off' },
  refused: { zh: '无权', en: 'No right' }, revoked: { zh: '已收回', en: 'Withdrawn' }, fault: { zh: '出毛病', en: 'Fault' },
}

/** Two or three characters for a hem of the wall; the plate says the rest. */
export const shortWord = (view: PictureView): Said => SHORT[view.kind]

/** `0.2 秒`, `21 秒前`; empty where there is no age to tell. */
export function ageWord(view: PictureView, ageMs: number | null): Said {
  if (ageMs === null) return view.kind === 'frozen' ? frozenAge(view) : { zh: '', en: '' }
  switch (view.kind) {
    case 'live': case 'weak': case 'delayed': {
      if (ageMs >= 60_000) return span(ageMs)
      const s = (Math.floor(ageMs / 100) / 10).toFixed(1)
      return { zh: `${s} 秒`, en: `${s} s` }
    }
    case 'frozen': return { zh: `${span(ageMs).zh}前`, en: `${span(ageMs).en} ago` }
    default: return { zh: '', en: '' }
  }
}

const frozenAge = ({ word }: PictureView): Said => ({ zh: word.zh.replace('的画面', ''), en: word.en.replace('Picture from ', '') })

/** The view with the words of a room: how long it has been away, why, and who can mend it. */
export function roomView(view: PictureView, camera: Camera, wallNow: number): PictureView {
  if (view.kind !== 'offline' || !view.plate) return view
  const since = instant(camera.presence.since)
  const words = presenceWords(camera)
  const known = words.icon === 'offline'
  const title = since === null || wallNow - since < 60_000 ? view.plate.title
    : { zh: `${view.plate.title.zh}，已 ${span(wallNow - since).zh}`, en: `${view.plate.title.en}, ${span(wallNow - since).en}` }
  const hint = known ? { zh: [words.cause.zh, words.next.zh].filter(Boolean).join('。'), en: [words.cause.en, words.next.en].filter(Boolean).join('. ') } : view.plate.hint
  return { ...view, plate: { title, hint } }
}
