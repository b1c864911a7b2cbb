// Shapes of the registry's JSON, as in docs/design/contracts.md. Times are epoch milliseconds unless said otherwise.

export type PresenceState =
  | 'off' | 'connecting' | 'online' | 'stalled' | 'unreachable'
  | 'unauthorised' | 'not_found' | 'refused' | 'unsupported' | 'garbage'

/** ISO 8601 text or epoch milliseconds; read it with `instant()`. */
export type Instant = string | number

export interface Track {
  track: string
  codec: string
  width: number
  height: number
  fps: number
  b_frames: boolean
}

export interface Presence {
  state: PresenceState
  since: Instant | null
  observed_at: Instant | null
  cause: string | null
  tracks: Track[]
  last_frame_at: Instant | null
}

export type RefusalReason = 'private' | 'no_consent' | 'no_agreement' | 'no_right' | 'mask_pending' | 'not_active'

export interface May {
  live: boolean
  reason: RefusalReason | null
  hint: string | null
  hint_en: string | null
}

export interface Camera {
  id: string
  name: string
  area: string
  area_name: string
  group_name: string | null
  household: string | null
  legal_class: string
  site_kind: string
  state: string
  number: number | null
  presence: Presence
  viewers: number
  may: May
  /** Until when the owner turned it off; null while on, or off without an end. */
  off_until?: Instant | null
}

/** What can be changed of a camera later; the login is write-only. */
export interface CameraChange {
  name?: string
  area?: string
  main_url?: string
  sub_url?: string
  user?: string
  password?: string
}

export interface CameraMade extends CameraChange {
  name: string
  area: string
  household?: string
  legal_class: string
  site_kind: string
  placement: string
  main_url: string
}

export interface Household { id: string; name: string }
export interface Room { id: string; name: string; area: string }

export interface Me {
  principal: string
  name: string
  roles: string[]
  csrf: string
  household?: Household | null
  households?: Household[]
  room?: Room | null
  device_bound: boolean
  /** Of staff only: what stands between the person and pictures (P7). */
  staff?: { vetted: boolean; trained: boolean; agreement_until: Instant | null; missing: string[] } | null
  /** Which second factors are set up. */
  second_factor?: SecondFactor[]
  /** The first password was given by somebody else: nothing works until it is changed. */
  must_change_password?: boolean
}

export interface Entered { me: Me; csrf: string }
export type SecondFactor = 'totp' | 'passkey'
export interface SecondAsked { ticket: string; methods: SecondFactor[] }

export interface Area {
  code: string
  level: string
  name: string
  children: Area[]
  cameras: number
  online: number
}

export type StreamName = 'main' | 'sub'
export interface ViewAsked { camera: string; streams: StreamName[] }
export interface ViewGranted extends ViewAsked { actions: string[] }
export interface ViewRefused { camera: string; reason: RefusalReason; hint: string; hint_en: string }

export interface Grant {
  id: string
  kind: 'view' | 'wall' | 'probe'
  token: string
  expires_at: Instant
  renew_after_s: number
  relay: { whep: string; channel: string; media: string; snapshot: string }
  ice_servers: RTCIceServer[]
  views: ViewGranted[]
  refused: ViewRefused[]
}

export type PurposeCode = 'patrol' | 'alarm' | 'search' | 'dispute' | 'flood' | 'fire' | 'maintenance' | 'other'
export interface GrantAsked {
  kind: 'view' | 'wall'
  purpose?: { code: PurposeCode; text?: string }
  views: ViewAsked[]
}

export interface Look {
  who: string
  role: string
  /** From where: the room, or empty for the household's own. */
  place?: string
  camera_name?: string
  own?: boolean
  purpose: string | null
  /** The second person of a break-glass look (rules.md P14); null for every other look. */
  approver?: string | null
  camera: string
  started_at: Instant
  seconds: number | null
}
/** What opened a household's picture without its consent, or for a repair; told at once. */
export interface Notice {
  id: string
  kind: 'break_glass' | 'maintenance'
  cameras: { id: string; name: string }[]
  who: string
  role: string | null
  approver: string | null
  purpose: string | null
  begun_at: Instant
  until: Instant
  ended_at: Instant | null
}
export interface Looks { household_viewers: number; outside_viewers: number; looks: Look[]; notices?: Notice[] }
export interface LinkMade { url: string; expires_at: Instant }
export interface Page<T> { items: T[]; next: string | null }

/** Epoch milliseconds of an instant, null when it is absent or unreadable. */
export function instant(value: Instant | null | undefined): number | null {
  if (value === null || value === undefined) return null
  const ms = typeof value === 'number' ? value : Date.parse(value)
  return Number.isFinite(ms) ? ms : null
}
