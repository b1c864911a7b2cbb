import type { Http } from './http'
import type { Camera, Instant, LinkMade } from './types'

// What belongs to one household: docs/design/registry.md, "Households: consent and shares".

/** When a consent holds, UTC+8; `to` before `from` runs over midnight. Days 1 (Monday) … 7. */
export interface Hours { days: number[]; from: string; to: string }

export interface Consent {
  id: string
  scope: string
  /** null: every camera of the household. */
  camera: string | null
  /** Empty: all day. */
  hours: Hours[]
  /** Empty: any stated purpose. */
  purposes: string[]
  granted_at: Instant
  withdrawn_at?: Instant | null
  text_version: string | null
  language: string | null
  signatory: string | null
  signed_on_site: boolean
}
export interface Consents { items: Consent[]; withdrawn: Consent[] }

/** Without `in_effect` the feature does not exist yet: what is ticked is only kept. */
export interface ScopeText { scope: string; title: string; text: string; purposes: string[]; in_effect: boolean }
export interface ConsentTexts { version: string; sha256: string; language: string; preamble: string; scopes: ScopeText[] }

/** One scope each, never bundled (rules.md P10). `signature`: base64 of a PNG. */
export interface ConsentAsked {
  scope: string
  camera?: string
  hours?: Hours[]
  purposes?: string[]
  text_version: string
  language: string
  signatory?: string
  signature?: string
}

export const RIGHTS = ['live', 'playback', 'alarms', 'talk', 'ptz'] as const
export type Right = (typeof RIGHTS)[number]

export interface Member {
  principal: string
  name: string
  relation: string
  role: string
  rights: Right[]
  devices: number
  last_seen_at: Instant | null
}

/** An invitation that nobody has opened yet. */
export interface PendingLink { id: string; name: string; relation: string; rights?: Right[]; expires_at: Instant }

export interface Device {
  id: string
  name: string
  created_at: Instant
  last_seen_at: Instant | null
  current: boolean
  bound: boolean
}

/** A signed head of the town's register (rules.md P6). */
export interface Head { town: string; seq: number; previous: number; hash: string; sealed_at: string; kid: string; signature: string }
/** The head that covers the household's newest look; without a look the newest head, if any. */
export interface Receipt { household: string; look: { id: string; seq: number; at: string; hash: string } | null; head: Head | null }

export interface DaySummary { day: string; household_viewers: number; outside_viewers: number; looks: number; seconds: number }

const V1 = '/api/v1'

export class HouseholdCalls {
  constructor(private readonly http: Http, readonly household: string) {}

  private get root(): string {
    return `${V1}/households/${this.household}`
  }

  texts(language: string): Promise<ConsentTexts> {
    return this.http.get(`${V1}/consent-texts?language=${language}`)
  }

  consents(): Promise<Consents> {
    return this.http.get(`${this.root}/consents`)
  }

  consent(asked: ConsentAsked): Promise<Consent> {
    return this.http.put(`${this.root}/consents`, asked)
  }

  withdraw(consent: string): Promise<void> {
    return this.http.delete(`${this.root}/consents/${consent}`)
  }

  sheetUrl(consent: string): string {
    return `${this.root}/consents/${consent}/sheet`
  }

  async members(): Promise<Member[]> {
    return (await this.http.get<{ items: Member[] }>(`${this.root}/members`)).items
  }

  setRights(principal: string, rights: Right[]): Promise<Member> {
    return this.http.patch(`${this.root}/members/${principal}`, { rights })
  }

  remove(principal: string): Promise<void> {
    return this.http.delete(`${this.root}/members/${principal}`)
  }

  invite(name: string, relation: string, rights: Right[]): Promise<LinkMade> {
    return this.http.post(`${V1}/links`, { household: this.household, name, relation, rights })
  }

  async pending(): Promise<PendingLink[]> {
    return (await this.http.get<{ items: PendingLink[] }>(`${V1}/links?household=${this.household}`)).items
  }

  takeBack(link: string): Promise<void> {
    return this.http.delete(`${V1}/links/${link}`)
  }

  openForMaintenance(camera: string, untilMs: number): Promise<Camera> {
    return this.http.post(`${V1}/cameras/${camera}/maintenance`, { until: new Date(untilMs).toISOString() })
  }

  endMaintenance(camera: string): Promise<void> {
    return this.http.delete(`${V1}/cameras/${camera}/maintenance`)
  }

  summary(days: number): Promise<{ days: DaySummary[] }> {
    return this.http.get(`${V1}/looks/summary?days=${days}`)
  }

  receipt(): Promise<Receipt> {
    return this.http.get(`${V1}/register/receipts/${this.household}`)
  }

  async devices(): Promise<Device[]> {
    const answer = await this.http.get<{ items: Device[] } | Device[]>(`${V1}/me/sessions`)
    return Array.isArray(answer) ? answer : answer.items
  }

  endDevice(id: string): Promise<void> {
    return this.http.delete(`${V1}/me/sessions/${id}`)
  }
}
