import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { problemOf, type Problem } from '@/api/problem'
import { Registry } from '@/api/registry'
import type { Me } from '@/api/types'

/**
 * opening: asking who one is · login · refused: signed in, but not for this page · second: a second factor comes first ·
 * inside · fault: it could not be asked.
 */
export type Phase = 'opening' | 'login' | 'refused' | 'second' | 'inside' | 'fault'

/** Where staff set up their second factor. */
export const OWN_ACCOUNT = '/admin#me'

/** True for staff who must set up a second factor first: the registry answers nothing else until then. */
export const lacksSecond = (me: Me): boolean => me.staff?.missing.includes('second_factor') ?? false

export interface Door {
  registry: Registry
  phase: Ref<Phase>
  me: ShallowRef<Me | null>
  /** True after a session ended while somebody was inside; the door says so. */
  gone: Ref<boolean>
  fault: ShallowRef<Problem | null>
  open(): Promise<void>
  entered(found: Me): void
  leave(): Promise<void>
  sessionGone(): void
}

/**
 * The door of a staff page: who is it, may he in, and back to the login when the session ends. `setsUp`: this page is
 * where a second factor is set up, so that it lets people in without one.
 */
export function useDoor(admits: (me: Me) => boolean, { setsUp = false } = {}): Door {
  const registry = new Registry()
  const phase = ref<Phase>('opening')
  const me = shallowRef<Me | null>(null)
  const gone = ref(false)
  const fault = shallowRef<Problem | null>(null)

  function entered(found: Me): void {
    me.value = found
    gone.value = false
    if (found.must_change_password) phase.value = 'login'
    else if (!admits(found)) phase.value = 'refused'
    else phase.value = lacksSecond(found) && !setsUp ? 'second' : 'inside'
  }
  async function open(): Promise<void> {
    phase.value = 'opening'
    try {
      entered(await registry.me())
    } catch (caught) {
      fault.value = problemOf(caught)
      phase.value = fault.value.kind === 'session' ? 'login' : 'fault'
    }
  }
  function out(): void {
    me.value = null
    phase.value = 'login'
  }
  async function leave(): Promise<void> {
    await registry.logout().catch(() => undefined)
    out()
  }
  function sessionGone(): void {
    if (phase.value !== 'inside') return
    gone.value = true
    out()
  }
  registry.http.onSessionGone = sessionGone
  onMounted(() => void open())
  return { registry, phase, me, gone, fault, open, entered, leave, sessionGone }
}
