import { shallowReactive, shallowRef } from 'vue'
import { listen } from '@/api/events'
import type { Registry } from '@/api/registry'
import type { Area, Camera, PresenceState } from '@/api/types'
import { inNumberOrder } from './tree'

const PAGE = 200
/** A village or town is read whole; a county is read where it is opened or searched. */
const READ_WHOLE = 1_000

export interface BookHearers {
  camera(camera: Camera): void
  presence(camera: Camera, before: PresenceState | null): void
}

/** The cameras and areas this room may know of, kept true by the event stream. */
export class CameraBook {
  readonly cameras = shallowReactive(new Map<string, Camera>())
  readonly areas = shallowRef<Area[]>([])
  /** All cameras of the room are here; otherwise areas and searches ask the registry. */
  readonly complete = shallowRef(false)
  readonly loaded = shallowRef(false)
  private opened = new Set<string>()
  private stopListening: () => void = () => undefined

  constructor(private readonly registry: Registry, private readonly hearers: BookHearers) {}

  /** First reading, then follow the events. Throws `Problem`. */
  async open(): Promise<void> {
    await this.read()
    this.stopListening = listen({
      camera: (camera) => this.put(camera),
      gone: ({ camera }) => this.cameras.delete(camera),
      viewers: ({ camera, viewers }) => this.change(camera, (known) => ({ ...known, viewers })),
      presence: ({ camera, presence }) => {
        const before = this.cameras.get(camera)?.presence.state ?? null
        this.change(camera, (known) => ({ ...known, presence }))
        const now = this.cameras.get(camera)
        if (now) this.hearers.presence(now, before)
      },
      again: () => void this.read().catch(() => undefined),
    })
  }

  close(): void {
    this.stopListening()
  }

  async read(): Promise<void> {
    this.areas.value = await this.registry.areas()
    const seen = new Set<string>()
    let after: string | null = null
    do {
      const page: { items: Camera[]; next: string | null } = await this.registry.cameras({ limit: PAGE, ...(after ? { after } : {}) })
      for (const camera of page.items) {
        seen.add(camera.id)
        this.put(camera)
      }
      after = page.next
    } while (after !== null && seen.size < READ_WHOLE)
    this.complete.value = after === null
    if (this.complete.value) for (const id of [...this.cameras.keys()]) if (!seen.has(id)) this.cameras.delete(id)
    this.loaded.value = true
  }

  /** Cameras of an area that was opened, when the book is not complete. */
  async openArea(code: string): Promise<void> {
    if (this.complete.value || this.opened.has(code)) return
    this.opened.add(code)
    await this.ask({ area: code }).catch(() => this.opened.delete(code))
  }

  async search(query: string): Promise<void> {
    if (!this.complete.value && query.trim()) await this.ask({ q: query.trim() })
  }

  put(camera: Camera): void {
    if (camera.state === 'retired') this.cameras.delete(camera.id)
    else this.cameras.set(camera.id, camera)
    this.hearers.camera(camera)
  }

  inOrder(): Camera[] {
    return [...this.cameras.values()].sort(inNumberOrder)
  }

  private async ask(query: { area?: string; q?: string }): Promise<void> {
    const page = await this.registry.cameras({ ...query, limit: PAGE })
    for (const camera of page.items) this.put(camera)
  }

  private change(id: string, make: (known: Camera) => Camera): void {
    const known = this.cameras.get(id)
    if (!known) return
    const next = make(known)
    this.cameras.set(id, next)
    this.hearers.camera(next)
  }
}
