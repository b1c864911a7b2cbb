import { distinct } from './areaNames'
import type { Http } from './http'
import type { Area, Camera, Instant, Page, PurposeCode } from './types'

const V1 = '/api/v1'

export interface Alias { scheme: string; code: string }
export interface AreaDetail {
  code: string
  level: string
  name: string
  parent: string | null
  valid_from: Instant | null
  valid_to: Instant | null
  successor: string | null
  gb_id: string | null
  aliases: Alias[]
  officers: { principal: string; name: string }[]
  rooms: { id: string; name: string }[]
  counts: Record<string, number>
}

export type RoomKind = 'village' | 'community' | 'town' | 'county_centre' | 'police'
export interface RoomMade { name: string; kind: RoomKind; areas: string[] }
export interface RoomRow extends RoomMade { id: string }

export interface ImportFault { line: number; column: string | null; message: string; message_en: string }
export interface ImportReport {
  dry_run: boolean
  applied: boolean
  rows: number
  added: number
  changed: number
  unchanged: number
  errors: ImportFault[]
}

export interface HouseholdRow { id: string; name: string; group: string; group_name: string; cameras: number; members: number }

export type LifeState = 'draft' | 'verified' | 'active' | 'suspended' | 'retired'
export interface Point { x: number; y: number }
export type Datum = 'wgs84' | 'gcj02' | 'bd09'
/** A camera as staff who administer it get it. */
export interface ManagedCamera extends Camera {
  life?: LifeState
  purpose?: { code: string; text: string } | null
  location?: { lat: number; lon: number; datum: Datum } | null
  signage?: { posted_on: string | null; photo: boolean; notice_url: string | null } | null
  mask?: { polygons: Point[][]; applied: boolean } | null
  retention_class?: string | null
  gb_id?: string | null
  allowed_next?: LifeState[]
}

export interface RoleGiven { id: string; role: string; area: string | null; area_name?: string | null }
export interface Agreement {
  id: string
  principal: string
  account: string
  name: string
  from: Instant
  until: Instant
  text_version: string
  state: 'valid' | 'due' | 'lapsed'
  document: boolean
  withdrawn_at?: Instant | null
  withdrawn_reason?: string | null
}
export interface PersonRow {
  id: string
  account: string
  name: string
  roles: RoleGiven[]
  disabled: boolean
  room?: { id: string; name: string } | null
  staff?: { vetted: boolean; trained: boolean; agreement_until: Instant | null; missing: string[] } | null
  last_seen_at?: Instant | null
  second_factor?: string[]
  /** May the caller change this person? Nobody above or beside. */
  may_change?: boolean
}
export interface PersonMade { account: string; name: string; roles: { role: string; area: string }[]; room?: string }
export interface SessionRow { id: string; name: string | null; created_at: Instant; last_seen_at: Instant | null; current: boolean; bound: boolean }

export interface DecisionStep { step: string; passed: boolean; why: string; why_en: string }
export interface Explained { allowed: boolean; reason: string | null; hint: string | null; hint_en: string | null; steps: DecisionStep[]; note?: string | null; note_en?: string | null }
export interface ExplainAsked { principal: string; camera: string; purpose?: PurposeCode; at?: string }

export interface BreakGlass {
  id: string
  /** Waiting for the second person; open; ended, run out, or never approved in time. */
  state: 'pending' | 'open' | 'over'
  asker: { principal: string; name: string; role: string }
  asked_at: Instant
  approver: { principal: string; name: string; role: string } | null
  cameras: string[]
  purpose: string
  text: string
  minutes: number
  expires_at: Instant | null
}

export type TableFormat = 'csv' | 'xlsx'
/** A hundred thousand rows take two minutes (issue 3); a minute more for the way. */
const IMPORT_WITHIN_MS = 180_000
const FILE_WITHIN_MS = 60_000

export function query(values: Record<string, string | number | undefined | null>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `?${text}` : ''
}

/** The routes of administration; each method is one route of docs/design/registry.md. */
export class Admin {
  constructor(private readonly http: Http) {}

  async areas(): Promise<Area[]> {
    const found = await this.http.get<Area | Area[]>(`${V1}/areas`)
    return distinct(Array.isArray(found) ? found : [found])
  }
  area(code: string): Promise<AreaDetail> { return this.http.get(`${V1}/areas/${code}`) }
  addArea(made: { code: string; level: string; name: string }): Promise<AreaDetail> { return this.http.post(`${V1}/areas`, made) }
  editArea(code: string, change: { name?: string; gb_id?: string | null }): Promise<AreaDetail> { return this.http.patch(`${V1}/areas/${code}`, change) }
  mergeArea(code: string, into: string): Promise<unknown> { return this.http.post(`${V1}/areas/${code}/merge`, { into }) }
  setAliases(code: string, items: Alias[]): Promise<unknown> { return this.http.put(`${V1}/areas/${code}/aliases`, { items }) }
  addOfficer(code: string, principal: string): Promise<unknown> { return this.http.put(`${V1}/areas/${code}/officers/${principal}`) }
  removeOfficer(code: string, principal: string): Promise<void> { return this.http.delete(`${V1}/areas/${code}/officers/${principal}`) }

  async rooms(): Promise<RoomRow[]> {
    const found = await this.http.get<RoomRow[] | { items: RoomRow[] }>(`${V1}/rooms`)
    return Array.isArray(found) ? found : found.items
  }
  addRoom(made: RoomMade): Promise<RoomRow> { return this.http.post(`${V1}/rooms`, made) }
  editRoom(id: string, change: Partial<RoomMade>): Promise<RoomRow> { return this.http.patch(`${V1}/rooms/${id}`, change) }
  removeRoom(id: string): Promise<void> { return this.http.delete(`${V1}/rooms/${id}`) }

  households(asked: { area?: string; q?: string; after?: string | null }): Promise<Page<HouseholdRow>> { return this.http.get(`${V1}/households${query(asked)}`) }
  addHousehold(made: { group: string; name: string }): Promise<HouseholdRow> { return this.http.post(`${V1}/households`, made) }
  editHousehold(id: string, change: { name?: string; group?: string }): Promise<HouseholdRow> { return this.http.patch(`${V1}/households/${id}`, change) }

  cameras(asked: { area?: string; q?: string; after?: string | null; limit?: number }): Promise<Page<ManagedCamera>> { return this.http.get(`${V1}/cameras${query(asked)}`) }
  camera(id: string): Promise<ManagedCamera> { return this.http.get(`${V1}/cameras/${id}`) }
  editCamera(id: string, change: Record<string, unknown>): Promise<ManagedCamera> { return this.http.patch(`${V1}/cameras/${id}`, change) }
  setState(id: string, state: LifeState, reason?: string): Promise<ManagedCamera> { return this.http.post(`${V1}/cameras/${id}/state`, reason ? { state, reason } : { state }) }
  setLocation(id: string, location: { lat: number; lon: number; datum: Datum }): Promise<unknown> { return this.http.put(`${V1}/cameras/${id}/location`, location) }
  setSignage(id: string, postedOn: string, photo: Blob): Promise<unknown> {
    return this.http.call('PUT', `${V1}/cameras/${id}/signage${query({ posted_on: postedOn })}`, photo, FILE_WITHIN_MS)
  }
  setMask(id: string, polygons: Point[][]): Promise<unknown> { return this.http.put(`${V1}/cameras/${id}/mask`, { polygons }) }
  signSheet(id: string): string { return `${V1}/cameras/${id}/signage/sheet` }
  signPhoto(id: string): string { return `${V1}/cameras/${id}/signage/photo` }

  importFile(what: 'cameras' | 'areas', file: Blob, dryRun: boolean): Promise<ImportReport> {
    return this.http.call('POST', `${V1}/${what}/import?dry_run=${dryRun}`, file, IMPORT_WITHIN_MS)
  }
  exportAddress(what: 'cameras' | 'areas', format: TableFormat): string { return `${V1}/${what}/export?format=${format}` }

  people(asked: { q?: string; role?: string; area?: string; after?: string | null }): Promise<Page<PersonRow>> { return this.http.get(`${V1}/accounts${query(asked)}`) }
  person(id: string): Promise<PersonRow> { return this.http.get(`${V1}/accounts/${id}`) }
  addPerson(made: PersonMade): Promise<PersonRow & { first_password: string }> { return this.http.post(`${V1}/accounts`, made) }
  editPerson(id: string, change: { name?: string; room?: string | null }): Promise<PersonRow> { return this.http.patch(`${V1}/accounts/${id}`, change) }
  disable(id: string): Promise<unknown> { return this.http.post(`${V1}/accounts/${id}/disable`) }
  enable(id: string): Promise<unknown> { return this.http.post(`${V1}/accounts/${id}/enable`) }
  reset(id: string): Promise<{ first_password: string }> { return this.http.post(`${V1}/accounts/${id}/reset`) }
  giveRole(id: string, role: string, area: string): Promise<PersonRow> { return this.http.post(`${V1}/accounts/${id}/roles`, { role, area }) }
  endRole(id: string, role: string): Promise<PersonRow> { return this.http.delete(`${V1}/accounts/${id}/roles/${role}`) }
  async sessionsOf(id: string): Promise<SessionRow[]> { return rows(await this.http.get(`${V1}/accounts/${id}/sessions`)) }
  endSessionsOf(id: string): Promise<void> { return this.http.delete(`${V1}/accounts/${id}/sessions`) }

  setVetting(id: string, vetting: { on: boolean; by?: string; until?: string }): Promise<unknown> { return this.http.put(`${V1}/accounts/${id}/vetting`, vetting) }
  setTraining(id: string, training: { on: boolean; course?: string; until?: string }): Promise<unknown> { return this.http.put(`${V1}/accounts/${id}/training`, training) }
  addAgreement(id: string, made: { from: string; until: string; text_version: string; document?: string }): Promise<Agreement> {
    return this.http.call('POST', `${V1}/accounts/${id}/agreements`, made, FILE_WITHIN_MS)
  }
  withdrawAgreement(id: string, reason: string): Promise<unknown> { return this.http.post(`${V1}/agreements/${id}/withdraw`, { reason }) }
  /** The newest agreement of each person. */
  agreements(state?: Agreement['state'], after?: string | null): Promise<Page<Agreement>> { return this.http.get(`${V1}/agreements${query({ state, after })}`) }
  agreementPaper(id: string): string { return `${V1}/agreements/${id}/document` }

  explain(asked: ExplainAsked): Promise<Explained> { return this.http.post(`${V1}/decisions/explain`, asked) }

  askBreakGlass(asked: { cameras: string[]; purpose: PurposeCode; text: string; minutes: number }): Promise<BreakGlass> { return this.http.post(`${V1}/break-glass`, asked) }
  async breakGlasses(state?: string): Promise<BreakGlass[]> { return rows(await this.http.get(`${V1}/break-glass${query({ state })}`)) }
  approveBreakGlass(id: string): Promise<BreakGlass> { return this.http.post(`${V1}/break-glass/${id}/approve`) }
  endBreakGlass(id: string): Promise<BreakGlass> { return this.http.post(`${V1}/break-glass/${id}/end`) }
}

/** Lists come as `{items}`; short ones may come bare. */
export function rows<T>(answer: T[] | { items: T[] }): T[] {
  return Array.isArray(answer) ? answer : answer.items
}
