import { query } from './admin'
import type { Http } from './http'
import type { Instant, Page } from './types'

const V1 = '/api/v1'

/** One look as the register keeps it; `hash` is null until the sealer has chained it. */
export interface RegisterRow {
  seq: number
  at: Instant
  who: string
  principal?: string
  role: string
  place: string | null
  camera?: string
  camera_name: string
  household: string | null
  purpose: string | { code: string; text: string | null } | null
  first_frame_at: Instant | null
  last_frame_at: Instant | null
  hash: string | null
}
export interface RegisterHead { seq: number; hash: string; sealed_at: Instant; kid: string; signature: string }
export interface RegisterAsked { camera?: string; household?: string; principal?: string; from?: string; to?: string; after?: string | null }

/** The access register as an auditor reads it (registry.md, Register). */
export class RegisterBook {
  constructor(private readonly http: Http) {}

  rows(asked: RegisterAsked): Promise<Page<RegisterRow>> { return this.http.get(`${V1}/register${query({ ...asked })}`) }
  heads(after?: string | null): Promise<Page<RegisterHead> | RegisterHead[]> { return this.http.get(`${V1}/register/heads${query({ after })}`) }
  keys(): Promise<unknown> { return this.http.get(`${V1}/keys/register`) }
  exportAddress(from?: string, to?: string): string { return `${V1}/register/export${query({ from, to })}` }
}
