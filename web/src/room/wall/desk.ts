import { computed, ref, shallowRef } from 'vue'
import type { Said } from '@/i18n/words'
import { keep, keptBefore, type Kept } from './keptLayouts'
import {
  cleared, dropped, emptyLayout, filled, neighbour, placed, shownTiles, withMode, without,
  type Direction, type Dragged, type Layout, type Mode,
} from './layout'
import { begun, pagesOf, secondsLeft, turned, type Patrol } from './patrol'
import { Undo } from './undo'

export interface DeskParts {
  account: string
  /** Cameras of a scope in number order. */
  camerasOf: (scope: string) => string[]
  nameOf: (camera: string) => string
  exists: (camera: string) => boolean
  now: () => number
}

/**
 * What the clerk arranges: mode, which camera stands where, selection, full picture, patrol, undo.
 * `passing` is a wall shown for the moment (patrol); it is never kept as the account's own.
 */
export class Desk {
  readonly scope = ref('all')
  readonly selected = ref(0)
  readonly full = ref<number | null>(null)
  readonly patrol = shallowRef<Patrol | null>(null)
  readonly patrolLeft = ref(0)
  readonly undoOffer = shallowRef<Said | null>(null)
  readonly own = shallowRef<Layout>(emptyLayout())
  readonly passing = shallowRef<Layout | null>(null)
  readonly layout = computed<Layout>(() => this.passing.value ?? this.own.value)
  readonly shown = computed(() => shownTiles(this.layout.value))
  /** Columns on screen, told by the wall, for the arrow keys. */
  columns = 4
  private kept: Kept
  private readonly undo = new Undo<Layout>()
  private pages: string[][] = []

  constructor(private readonly parts: DeskParts, firstMode: Mode) {
    this.kept = keptBefore(parts.account) ?? { mode: firstMode, scopes: {} }
    this.own.value = this.layoutFor('all', this.kept.mode)
  }

  get selectedCamera(): string | null {
    return this.shown.value[this.selected.value] ?? null
  }

  setScope(scope: string): void {
    this.stopPatrol()
    this.passing.value = null
    this.full.value = null
    this.scope.value = scope
    this.own.value = this.layoutFor(scope, this.own.value.mode)
    this.selected.value = 0
    this.forgetUndo()
  }

  setMode(mode: Mode): void {
    const running = this.patrol.value !== null
    this.full.value = null
    this.save(withMode(this.own.value, mode, this.parts.camerasOf(this.scope.value)))
    this.passing.value = null
    this.selected.value = Math.min(this.selected.value, mode - 1)
    this.forgetUndo()
    if (running) this.startPatrol()
  }

  select(tile: number): void {
    if (tile < 0 || tile >= this.layout.value.mode) return
    this.stopPatrol()
    this.selected.value = tile
    if (this.full.value !== null) this.full.value = tile
  }

  move(to: Direction): void {
    this.select(neighbour(this.selected.value, to, this.layout.value.mode, this.columns))
  }

  toggleFull(tile = this.selected.value): void {
    this.select(tile)
    this.full.value = this.full.value === null ? tile : null
  }

  put(camera: string, tile = this.selected.value): void {
    this.apply(placed(this.layout.value, camera, tile), tile, camera)
  }

  drop(what: Dragged, tile: number): void {
    this.stopPatrol()
    this.apply(dropped(this.layout.value, what, tile), tile, what.from === 'tree' ? what.camera : this.shown.value[what.tile] ?? null)
    this.selected.value = tile
  }

  clear(tile = this.selected.value): void {
    this.apply(cleared(this.layout.value, tile), tile, null)
  }

  undoLast(): boolean {
    const before = this.undo.back()
    this.undoOffer.value = null
    if (!before) return false
    this.set(before)
    return true
  }

  togglePatrol(): void {
    if (this.patrol.value) this.stopPatrol()
    else this.startPatrol()
  }

  stopPatrol(): void {
    this.patrol.value = null
  }

  /** Back from the patrol's page to the account's own wall. */
  goHome(): void {
    this.stopPatrol()
    this.passing.value = null
    this.forgetUndo()
  }

  /** Each quarter second. */
  tick(): void {
    const now = this.parts.now()
    if (this.undoOffer.value && !this.undo.offered(now)) this.undoOffer.value = null
    const { patrol } = this
    if (!patrol.value) return
    const next = turned(patrol.value, now)
    if (next !== patrol.value) {
      patrol.value = next
      this.showPage()
    }
    this.patrolLeft.value = secondsLeft(patrol.value, now)
  }

  /** The list of cameras changed: tiles of cameras that are gone become empty; a wall never filled is filled. */
  camerasChanged(): void {
    const own = without(this.own.value, this.parts.exists)
    if (own !== this.own.value) this.own.value = own
    if (!(this.scope.value in this.kept.scopes) && own.tiles.every((tile) => tile === null)) {
      this.own.value = filled(this.parts.camerasOf(this.scope.value), own.mode)
    }
  }

  private startPatrol(): void {
    this.full.value = null
    this.pages = pagesOf(this.parts.camerasOf(this.scope.value), this.own.value.mode)
    if (this.pages.length === 0) return
    this.patrol.value = begun(this.pages, this.shown.value, this.parts.now())
    this.patrolLeft.value = secondsLeft(this.patrol.value, this.parts.now())
    this.showPage()
  }

  private showPage(): void {
    const page = this.pages[this.patrol.value?.page ?? 0] ?? []
    this.passing.value = filled(page, this.own.value.mode)
    this.forgetUndo()
  }

  private apply(next: Layout, tile: number, camera: string | null): void {
    const before = this.layout.value
    if (next === before) return
    const replaced = before.tiles[tile] ?? null
    this.undo.did(before, this.parts.now())
    const name = camera === null ? (replaced ? this.parts.nameOf(replaced) : '') : this.parts.nameOf(camera)
    this.undoOffer.value = camera === null
      ? { zh: `${tile + 1} 号格清空了：${name}`, en: `Tile ${tile + 1} cleared: ${name}` }
      : { zh: `${name} 放到 ${tile + 1} 号格了`, en: `${name} is on tile ${tile + 1}` }
    this.set(next)
  }

  private set(layout: Layout): void {
    if (this.passing.value) this.passing.value = layout
    else this.save(layout)
  }

  private save(layout: Layout): void {
    this.own.value = layout
    this.kept = keep(this.parts.account, this.kept, this.scope.value, layout)
  }

  private layoutFor(scope: string, mode: Mode): Layout {
    const tiles = this.kept.scopes[scope]
    return tiles ? without({ mode, tiles }, this.parts.exists) : filled(this.parts.camerasOf(scope), mode)
  }

  private forgetUndo(): void {
    this.undo.forget()
    this.undoOffer.value = null
  }
}
