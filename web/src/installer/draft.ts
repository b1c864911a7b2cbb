import type { Probed } from '@/api/onboarding'

/** Everything typed or chosen so far. No password, no signature, no picture and no link is ever in it. */
export interface Draft {
  step: StepName
  kind: 'household' | 'public' | ''
  village: { code: string; name: string } | null
  group: { code: string; name: string } | null
  household: { id: string; name: string } | null
  address: string
  port: string
  user: string
  probed: Probed | null
  main: string
  sub: string
  name: string
  siteKind: string
  legalClass: string
  placement: string
  attested: boolean
  purpose: string
  purposeText: string
  /** The camera once the registry has made its draft. */
  camera: string
  checked: boolean
  signDay: string
  signPosted: boolean
  signatory: string
  ticked: string[]
  /** Consent id by scope, as they were accepted. */
  given: Record<string, string>
  consentDone: boolean
}

export type StepName = 'place' | 'camera' | 'login' | 'profiles' | 'site' | 'check' | 'sign' | 'consent' | 'done'

export const newDraft = (): Draft => ({
  step: 'place', kind: '', village: null, group: null, household: null, address: '', port: '', user: 'admin', probed: null, main: '', sub: '',
  name: '', siteKind: '', legalClass: '', placement: '', attested: false, purpose: '', purposeText: '', camera: '', checked: false,
  signDay: '', signPosted: false, signatory: '', ticked: [], given: {}, consentDone: false,
})

/** The way for this kind of place: public places need their sign (P3), households their own consent (P10). */
export function stepsOf({ kind }: Draft): StepName[] {
  return ['place', 'camera', 'login', 'profiles', 'site', 'check', kind === 'public' ? 'sign' : 'consent', 'done']
}

export function nextOf(draft: Draft): StepName {
  const all = stepsOf(draft)
  return all[Math.min(all.indexOf(draft.step) + 1, all.length - 1)] ?? 'place'
}
export function beforeOf(draft: Draft): StepName | null {
  const all = stepsOf(draft)
  return all[all.indexOf(draft.step) - 1] ?? null
}

/** How many of the probe's facts hold a login: a camera that writes one into its URLs must not get it kept here. */
const bare = (url: string): string => url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1')
export function withoutLogins(probed: Probed): Probed {
  return { ...probed, profiles: probed.profiles.map((one) => ({ ...one, main_url: bare(one.main_url) })) }
}

const KEPT_UNDER = 'huiyan.installer.'
const KEPT_FOR_MS = 3 * 86_400_000
interface Kept { at: number; draft: Draft }

export interface Shelf { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void }

/** The unfinished visit of this installer on this phone; null when there is none, or it is older than three days. */
export function keptDraft(shelf: Shelf, principal: string, nowMs: number): Draft | null {
  try {
    const kept = JSON.parse(shelf.getItem(KEPT_UNDER + principal) ?? 'null') as Kept | null
    if (!kept || nowMs - kept.at > KEPT_FOR_MS) return null
    return { ...newDraft(), ...kept.draft }
  } catch {
    return null
  }
}

export function keepDraft(shelf: Shelf, principal: string, draft: Draft | null, nowMs: number): void {
  try {
    if (draft === null) shelf.removeItem(KEPT_UNDER + principal)
    else shelf.setItem(KEPT_UNDER + principal, JSON.stringify({ at: nowMs, draft } satisfies Kept))
  } catch {
    // a full or forbidden storage: the visit goes on, only a reload would lose it
  }
}
