import { distinct } from './areaNames'
import { deviceKey, keptKey, proof, publicJwk } from './deviceKey'
import { Http } from './http'
import type {
  Area, Camera, CameraChange, CameraMade, Entered, Grant, GrantAsked, Looks, Me, Page, SecondAsked, ViewAsked,
} from './types'

const V1 = '/api/v1'

/** The registry as the pages use it; each method is one route of docs/design/contracts.md. */
export class Registry {
  private pair: CryptoKeyPair | null | undefined
  private bound = false

  readonly http = new Http((method, path) => this.prove(method, path))

  /** The person, or what is still asked of an account with a second factor. */
  async login(account: string, password: string): Promise<Me | SecondAsked> {
    const answer = await this.http.post<Entered | { second: SecondAsked }>(`${V1}/login`, { account, password })
    return 'second' in answer && answer.second ? answer.second : this.entered(answer as Entered)
  }

  async loginTotp(ticket: string, code: string): Promise<Me> {
    return this.entered(await this.http.post<Entered>(`${V1}/login/totp`, { ticket, code }))
  }

  /** Asks the browser for a passkey; throws what it throws when the person cancels. */
  async loginPasskey(ticket: string): Promise<Me> {
    const options = await this.http.post<Record<string, unknown>>(`${V1}/login/passkey/options`, { ticket })
    const { usePasskey } = await import('./passkey')
    return this.entered(await this.http.post<Entered>(`${V1}/login/passkey`, { ticket, credential: await usePasskey(options) }))
  }

  /** Spend a one-time link code; from now on this browser is the relative's. */
  async exchange(code: string, deviceName: string): Promise<Me> {
    this.pair = await deviceKey()
    const key = this.pair ? { device_key: await publicJwk(this.pair) } : {}
    return this.entered(await this.http.post<{ me: Me; csrf: string }>(
      `${V1}/link/exchange`, { code, device_name: deviceName, ...key }))
  }

  async me(): Promise<Me> {
    const me = await this.http.get<Me>(`${V1}/me`)
    return this.entered({ me, csrf: me.csrf })
  }

  logout(): Promise<void> {
    return this.http.post<void>(`${V1}/logout`)
  }

  async areas(): Promise<Area[]> {
    const found = await this.http.get<Area | Area[]>(`${V1}/areas`)
    return distinct(Array.isArray(found) ? found : [found])
  }

  cameras(query: { area?: string; q?: string; limit?: number; after?: string } = {}): Promise<Page<Camera>> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
    const asked = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    return this.http.get(`${V1}/cameras${asked ? `?${asked}` : ''}`)
  }

  camera(id: string): Promise<Camera> {
    return this.http.get(`${V1}/cameras/${id}`)
  }

  addCamera(made: CameraMade): Promise<Camera> {
    return this.http.post(`${V1}/cameras`, made)
  }

  editCamera(id: string, change: CameraChange): Promise<Camera> {
    return this.http.patch(`${V1}/cameras/${id}`, change)
  }

  retireCamera(id: string): Promise<void> {
    return this.http.delete(`${V1}/cameras/${id}`)
  }

  /** `untilMs` null: until the owner turns it on again. */
  off(id: string, untilMs: number | null): Promise<Camera> {
    return this.http.post(`${V1}/cameras/${id}/off`, untilMs === null ? {} : { until: new Date(untilMs).toISOString() })
  }

  on(id: string): Promise<Camera> {
    return this.http.post(`${V1}/cameras/${id}/on`)
  }

  grant(asked: GrantAsked): Promise<Grant> {
    return this.http.post(`${V1}/grants`, asked)
  }

  addViews(grant: string, views: ViewAsked[]): Promise<Grant> {
    return this.http.post(`${V1}/grants/${grant}/views`, { views })
  }

  renew(grant: string): Promise<Grant> {
    return this.http.post(`${V1}/grants/${grant}/renew`)
  }

  release(grant: string): Promise<void> {
    return this.http.delete(`${V1}/grants/${grant}`)
  }

  looks(day: string): Promise<Looks> {
    return this.http.get(`${V1}/looks?day=${day}`)
  }

  private entered(answer: { me: Me; csrf: string }): Me {
    this.http.csrf = answer.csrf
    this.bound = answer.me.device_bound
    return answer.me
  }

  private async prove(method: string, path: string): Promise<string | null> {
    if (!this.bound) return null
    this.pair ??= await keptKey()
    return this.pair ? proof(this.pair, method, path) : null
  }
}
