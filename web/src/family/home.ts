import { computed, ref, shallowRef } from 'vue'
import { listen } from '@/api/events'
import { problemOf, type Problem } from '@/api/problem'
import type { Registry } from '@/api/registry'
import type { Camera, Household, Look, Me, Notice, ViewAsked } from '@/api/types'
import { HeldGrant } from '@/player/grant'

const STREAMS: ViewAsked['streams'] = ['main', 'sub']
const asked = (cameras: Camera[]): ViewAsked[] => cameras.map(({ id }) => ({ camera: id, streams: STREAMS }))

/** One household on this phone: its cameras as they are now, and the grant to look at them. */
export class Home {
  readonly cameras = shallowRef<Camera[]>([])
  readonly loaded = ref(false)
  /** Somebody from outside has just begun to look, or something was opened. */
  readonly told = shallowRef<Look | Notice | null>(null)
  readonly household = shallowRef<Household | null>(null)
  readonly grant = shallowRef<HeldGrant | null>(null)
  readonly owner = computed(() => this.me.roles.some((role) => role === 'owner' || role.endsWith('_owner')))
  private stopListening: () => void = () => undefined

  constructor(readonly registry: Registry, readonly me: Me) {
    this.household.value = me.household ?? me.households?.[0] ?? null
  }

  get households(): Household[] {
    return this.me.households?.length ? this.me.households : this.me.household ? [this.me.household] : []
  }

  /** Throws `Problem` when the list cannot be had. */
  async open(): Promise<void> {
    await this.read()
    this.stopListening = listen({
      presence: ({ camera, presence }) => this.change(camera, (one) => ({ ...one, presence })),
      viewers: ({ camera, viewers }) => this.change(camera, (one) => ({ ...one, viewers })),
      camera: (camera) => { if (this.mine(camera)) void this.put(camera) },
      gone: ({ camera }) => { this.cameras.value = this.cameras.value.filter((one) => one.id !== camera) },
      look: (look) => { this.told.value = look },
      notice: (notice) => { this.told.value = notice },
      again: () => void this.read().catch(() => undefined), // the next event or break asks again
    })
  }

  close(): void {
    this.stopListening()
    void this.grant.value?.release()
  }

  async enter(household: Household): Promise<void> {
    if (household.id === this.household.value?.id) return
    this.household.value = household
    this.loaded.value = false
    this.cameras.value = []
    void this.grant.value?.release()
    this.grant.value = null
    await this.read()
  }

  async off(camera: Camera, untilMs: number | null): Promise<Problem | null> {
    return this.turned(this.registry.off(camera.id, untilMs))
  }

  async on(camera: Camera): Promise<Problem | null> {
    return this.turned(this.registry.on(camera.id))
  }

  private async turned(call: Promise<Camera>): Promise<Problem | null> {
    try {
      await this.put(await call)
      return null
    } catch (caught) {
      return problemOf(caught)
    }
  }

  private mine(camera: Camera): boolean {
    const { value } = this.household
    return value === null || camera.household === null || camera.household === value.id
  }

  private async read(): Promise<void> {
    const { items } = await this.registry.cameras({ limit: 64 })
    const cameras = items.filter((camera) => this.mine(camera) && camera.state !== 'retired')
    await this.cover(cameras)
    this.cameras.value = cameras
    this.loaded.value = true
  }

  private async put(camera: Camera): Promise<void> {
    await this.cover([camera])
    const known = this.cameras.value.some((one) => one.id === camera.id)
    this.cameras.value = known
      ? this.cameras.value.map((one) => (one.id === camera.id ? camera : one))
      : [...this.cameras.value, camera]
  }

  private change(id: string, to: (camera: Camera) => Camera): void {
    this.cameras.value = this.cameras.value.map((one) => (one.id === id ? to(one) : one))
  }

  /** The grant names every camera that may be seen; a failure here shows on the picture, not as a dead page. */
  private async cover(cameras: Camera[]): Promise<void> {
    const views = asked(cameras.filter((camera) => camera.may.live))
    if (views.length === 0) return
    if (this.grant.value === null) this.grant.value = new HeldGrant(this.registry, { kind: 'view', views })
    else await this.grant.value.cover(views).catch(() => undefined) // asked again with the next token
  }
}
