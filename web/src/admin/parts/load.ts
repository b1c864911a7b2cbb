import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { problemOf, type Problem } from '@/api/problem'

export interface Loaded<T> {
  value: ShallowRef<T | null>
  problem: ShallowRef<Problem | null>
  busy: Ref<boolean>
  load: () => Promise<void>
}

/** Something read from the registry; only the newest of several calls is shown, and what is shown stays while reading again. */
export function loading<T>(read: () => Promise<T>): Loaded<T> {
  const value: ShallowRef<T | null> = shallowRef(null)
  const problem: ShallowRef<Problem | null> = shallowRef(null)
  const busy = ref(false)
  let newest = 0
  async function load(): Promise<void> {
    const mine = ++newest
    busy.value = true
    try {
      const found = await read()
      if (mine !== newest) return
      value.value = found
      problem.value = null
    } catch (caught) {
      if (mine === newest) problem.value = problemOf(caught)
    } finally {
      if (mine === newest) busy.value = false
    }
  }
  return { value, problem, busy, load }
}

/** A list that comes page by page. */
export interface Listed<T> {
  items: ShallowRef<T[]>
  more: Ref<boolean>
  problem: ShallowRef<Problem | null>
  busy: Ref<boolean>
  /** False until the first answer: an empty list is not yet "none". */
  read: Ref<boolean>
  load: () => Promise<void>
  next: () => Promise<void>
}

export function listing<T>(read: (after: string | null) => Promise<{ items: T[]; next: string | null }>): Listed<T> {
  const items: ShallowRef<T[]> = shallowRef([])
  const problem: ShallowRef<Problem | null> = shallowRef(null)
  const busy = ref(false)
  const known = ref(false)
  const after = ref<string | null>(null)
  const more = ref(false)
  let newest = 0
  async function take(from: string | null): Promise<void> {
    const mine = ++newest
    busy.value = true
    try {
      const page = await read(from)
      if (mine !== newest) return
      items.value = from === null ? page.items : [...items.value, ...page.items]
      after.value = page.next
      more.value = page.next !== null
      problem.value = null
      known.value = true
    } catch (caught) {
      if (mine === newest) problem.value = problemOf(caught)
    } finally {
      if (mine === newest) busy.value = false
    }
  }
  return { items, more, problem, busy, read: known, load: () => take(null), next: () => take(after.value) }
}

/** Run `act` a moment after the last call: what a search field wants. */
export function afterTyping(act: () => void, waitMs = 300): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(act, waitMs)
  }
}
