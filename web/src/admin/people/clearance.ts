import type { Admin, Agreement, PersonRow } from '@/api/admin'
import { instant } from '@/api/types'
import type { Said } from '@/i18n/words'
import { lackName } from '../names'

/** Roles that see pictures, and so need vetting, training and an agreement (rules.md P7). */
export const WATCHING: readonly string[] = ['clerk', 'police', 'grid_officer']
export const watches = (person: Pick<PersonRow, 'roles'>): boolean => person.roles.some((given) => WATCHING.includes(given.role))

/** What a person still lacks before pictures open. */
export function lacks(person: Pick<PersonRow, 'roles' | 'staff'>, nowMs = Date.now()): Said[] {
  const { staff } = person
  if (!staff || !watches(person)) return []
  if (staff.missing.length > 0) return staff.missing.map(lackName)
  const until = instant(staff.agreement_until)
  return [
    ...(staff.vetted ? [] : [lackName('vetting')]), ...(staff.trained ? [] : [lackName('training')]),
    ...(until !== null && until > nowMs ? [] : [lackName('agreement')]),
  ]
}

export const LARGEST_PAPER = 4 * 1024 * 1024

/** A signed paper as base64; null when it is neither PDF nor PNG, or over 4 MB. */
export async function paperOf(file: File): Promise<string | null> {
  if (!['application/pdf', 'image/png'].includes(file.type) || file.size > LARGEST_PAPER) return null
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

/** Somebody's newest agreement; the registry lists them by person, page by page. */
export async function agreementOf(admin: Pick<Admin, 'agreements'>, principal: string): Promise<Agreement | null> {
  let after: string | null = null
  do {
    const page: { items: Agreement[]; next: string | null } = await admin.agreements(undefined, after)
    const found = page.items.find((one) => one.principal === principal)
    if (found) return found
    after = page.next
  } while (after !== null)
  return null
}
