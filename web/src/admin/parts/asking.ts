import { inject, provide, shallowRef, type InjectionKey, type ShallowRef } from 'vue'
import { problemOf } from '@/api/problem'
import { say } from '@/i18n/words'

/** What a step asks before it is done: what follows from it, in sentences, and what the button is called. */
export interface Asked {
  title: string
  follows: string[]
  act: string
  /** Ask for words that go into the record. */
  reason?: string
  /** It cannot be undone. */
  grave?: boolean
}
export interface Told { text: string; bad: boolean; undo: (() => Promise<unknown>) | null }
interface Open { asked: Asked; answer: (reason: string | null) => void }

/** One question and one message at a time for the whole page. */
export class Asking {
  readonly open: ShallowRef<Open | null> = shallowRef(null)
  readonly told: ShallowRef<Told | null> = shallowRef(null)
  private timer: ReturnType<typeof setTimeout> | undefined

  /** The reason (empty when none was asked), or null when the person thought better of it. */
  ask(asked: Asked): Promise<string | null> {
    this.open.value?.answer(null)
    return new Promise((answer) => {
      this.open.value = { asked, answer: (reason) => { this.open.value = null; answer(reason) } }
    })
  }

  tell(text: string, undo: Told['undo'] = null): void {
    this.show({ text, bad: false, undo }, undo ? 10_000 : 6_000)
  }

  /** A failure stays until it is read. */
  fail(caught: unknown): void {
    this.show({ text: say(problemOf(caught).said), bad: true, undo: null }, 0)
  }

  hush(): void {
    clearTimeout(this.timer)
    this.told.value = null
  }

  private show(told: Told, forMs: number): void {
    this.hush()
    this.told.value = told
    if (forMs > 0) this.timer = setTimeout(() => { if (this.told.value === told) this.told.value = null }, forMs)
  }
}

const KEY: InjectionKey<Asking> = Symbol('asking')
export function provideAsking(): Asking {
  const asking = new Asking()
  provide(KEY, asking)
  return asking
}
export function useAsking(): Asking {
  const found = inject(KEY)
  if (!found) throw new Error('no Asking above this component')
  return found
}
