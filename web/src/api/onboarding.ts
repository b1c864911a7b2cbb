import { distinct } from './areaNames'
import type { Consent, ConsentAsked, ConsentTexts } from './household'
import type { Http } from './http'
import type { Area, Camera, CameraMade, LinkMade, Page } from './types'

// What an installer does on the spot: docs/design/registry.md, "Onboarding".

const DISCOVER_S = 4
/** Beyond the registry's own limit, so that its answer (and not ours) says what went wrong. */
const CAMERA_ANSWERS_MS = 25_000
const UPLOAD_MS = 60_000
const V1 = '/api/v1'

export interface HouseholdFound { id: string; name: string; group: string; group_name?: string | null; cameras?: number; members?: number }
export interface Found { address: string; port: number; name: string; model: string; xaddr: string }
export interface Remark { code: string; message: string; message_en: string }

export interface Profile {
  token: string
  name: string
  codec: string
  width: number
  height: number
  fps: number
  kbps: number
  gop: number | null
  main_url: string
}
export interface Probed {
  device: { maker: string; model: string; firmware: string; serial: string }
  clock_offset_ms: number | null
  service: 'media2' | 'media'
  profiles: Profile[]
  suggested: { main: string; sub: string | null }
  ptz: boolean
  events: boolean
  warnings: Remark[]
}
export interface ProbeAsked { address: string; port?: number; user: string; password: string }

export interface LiveCheck {
  /** Base64 JPEG; shown once to the installer and kept nowhere. */
  picture: string | null
  codec: string | null
  width: number | null
  height: number | null
  fps: number | null
  gop_ms: number | null
  b_frames: boolean | null
  clock_offset_ms: number | null
  problems: Remark[]
}

export interface DraftCamera extends CameraMade {
  purpose: { code: string; text: string }
}

export class OnboardingCalls {
  constructor(private readonly http: Http) {}

  async areas(): Promise<Area[]> {
    const found = await this.http.get<Area | Area[] | { items: Area[] }>(`${V1}/areas`)
    return distinct(Array.isArray(found) ? found : 'items' in found ? found.items : [found])
  }

  households(group: string, q: string): Promise<Page<HouseholdFound>> {
    return this.http.get(`${V1}/households?${new URLSearchParams({ area: group, ...(q ? { q } : {}) }).toString()}`)
  }

  addHousehold(group: string, name: string): Promise<HouseholdFound> {
    return this.http.post(`${V1}/households`, { group, name })
  }

  async discover(): Promise<Found[]> {
    return (await this.http.call<{ found: Found[] }>('POST', `${V1}/onboarding/discover`, { seconds: DISCOVER_S }, CAMERA_ANSWERS_MS)).found
  }

  probe(asked: ProbeAsked): Promise<Probed> {
    return this.http.call('POST', `${V1}/onboarding/probe`, asked, CAMERA_ANSWERS_MS)
  }

  addCamera(made: DraftCamera): Promise<Camera> {
    return this.http.post(`${V1}/cameras`, made)
  }

  editCamera(id: string, change: Partial<DraftCamera>): Promise<Camera> {
    return this.http.patch(`${V1}/cameras/${id}`, change)
  }

  check(camera: string): Promise<LiveCheck> {
    return this.http.call('POST', `${V1}/onboarding/check`, { camera }, CAMERA_ANSWERS_MS)
  }

  /** `day`: civil day the sign was put up, `2026-11-22`. */
  signage(camera: string, day: string, photo: Blob): Promise<Camera> {
    return this.http.call('PUT', `${V1}/cameras/${camera}/signage?posted_on=${day}`, photo, UPLOAD_MS)
  }

  texts(language: string): Promise<ConsentTexts> {
    return this.http.get(`${V1}/consent-texts?language=${language}`)
  }

  consent(household: string, asked: ConsentAsked): Promise<Consent> {
    return this.http.put(`${V1}/households/${household}/consents`, asked)
  }

  sheetUrl(household: string, consent: string): string {
    return `${V1}/households/${household}/consents/${consent}/sheet`
  }

  verify(camera: string): Promise<Camera> {
    return this.http.post(`${V1}/cameras/${camera}/state`, { state: 'verified' })
  }

  ownerLink(household: string, name: string): Promise<LinkMade> {
    return this.http.post(`${V1}/links`, { household, name, relation: '户主' })
  }
}
