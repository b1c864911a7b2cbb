import type { Said } from '@/i18n/words'

export type ProblemKind = 'network' | 'session' | 'refused' | 'missing' | 'invalid' | 'busy' | 'fault'

/** The body of application/problem+json (RFC 9457 with our `_en` twins). */
export interface ProblemBody {
  title?: string
  title_en?: string
  status?: number
  detail?: string
  detail_en?: string
  code?: string
  trace?: string
}

/** Every failure of a call, with what to say about it. `status` is 0 when no answer came. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly code: string

  constructor(readonly status: number, readonly body: ProblemBody = {}) {
    super(body.title_en ?? body.title ?? (status ? `HTTP ${status}` : 'no answer'))
    this.name = 'Problem'
    this.kind = kindOf(status)
    this.code = body.code ?? ''
  }

  get said(): Said {
    const { title, title_en, detail, detail_en } = this.body
    if (title) return { zh: detail ?? title, en: detail_en ?? title_en ?? title }
    return WITHOUT_BODY[this.kind]
  }

  /** Four characters a person can read out on the phone. */
  get reference(): string {
    return (this.body.trace ?? '').replace(/-/g, '').slice(-4).toUpperCase()
  }
}

function kindOf(status: number): ProblemKind {
  if (status === 0) return 'network'
  if (status === 401) return 'session'
  if (status === 403) return 'refused'
  if (status === 404 || status === 410) return 'missing'
  if (status === 429 || status === 503) return 'busy'
  return status >= 500 ? 'fault' : 'invalid'
}

const WITHOUT_BODY: Record<ProblemKind, Said> = {
  network: { zh: '网不通，正在等网络回来', en: 'No network; waiting for it' },
  session: { zh: '要重新进来', en: 'Please come in again' },
  refused: { zh: '没有这个权限', en: 'Not allowed' },
  missing: { zh: '没找到', en: 'Not found' },
  invalid: { zh: '填的有不对的地方', en: 'Something entered is not right' },
  busy: { zh: '平台正忙，马上再试', en: 'The platform is busy; trying again' },
  fault: { zh: '平台出毛病了', en: 'Our fault' },
}

export const problemOf = (caught: unknown): Problem =>
  caught instanceof Problem ? caught : new Problem(0, {})
