import { rows, type SessionRow } from './admin'
import { makePasskey } from './passkey'
import type { Http } from './http'
import type { Instant } from './types'

const V1 = '/api/v1'

export interface Passkey { id: string; name: string; created_at?: Instant; last_used_at?: Instant | null }

/** What a person does with the own account: password, second factor, devices. */
export class MyAccount {
  constructor(private readonly http: Http) {}

  changePassword(old: string, next: string): Promise<void> { return this.http.post(`${V1}/me/password`, { old, new: next }) }
  beginTotp(): Promise<{ secret: string; uri: string }> { return this.http.post(`${V1}/me/totp`) }
  confirmTotp(code: string): Promise<unknown> { return this.http.put(`${V1}/me/totp`, { code }) }
  endTotp(): Promise<void> { return this.http.delete(`${V1}/me/totp`) }

  async passkeys(): Promise<Passkey[]> { return rows(await this.http.get<Passkey[] | { items: Passkey[] }>(`${V1}/me/passkeys`)) }
  async addPasskey(name: string): Promise<unknown> {
    const credential = await makePasskey(await this.http.post(`${V1}/me/passkeys/options`))
    return this.http.post(`${V1}/me/passkeys`, { credential, name })
  }
  removePasskey(id: string): Promise<void> { return this.http.delete(`${V1}/me/passkeys/${id}`) }

  async sessions(): Promise<SessionRow[]> { return rows(await this.http.get<SessionRow[] | { items: SessionRow[] }>(`${V1}/me/sessions`)) }
  endSession(id: string): Promise<void> { return this.http.delete(`${V1}/me/sessions/${id}`) }
}
