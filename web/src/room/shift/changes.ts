import type { Camera, PresenceState } from '@/api/types'

/** A camera went away or came back during this shift. */
export interface Change { camera: string; name: string; at: number; what: 'lost' | 'back'; state: PresenceState }

const KEEP = 200
/** A flapping camera is one line, not forty: a change within this time replaces its last line. */
const FLAP_MS = 60_000

/** Connecting is neither: it says nothing yet. `off` is the household's will, not a fault. */
const side = (state: PresenceState): 'here' | 'gone' | null =>
  state === 'online' ? 'here' : state === 'connecting' || state === 'off' ? null : 'gone'

/** The list after one presence event, newest first; the same list when nothing worth a line happened. */
export function withChange(changes: readonly Change[], camera: Pick<Camera, 'id' | 'name'>, before: PresenceState | null, after: PresenceState, at: number): readonly Change[] {
  const now = side(after)
  const last = changes.find((change) => change.camera === camera.id)
  const was = before !== null && side(before) !== null ? side(before) : last ? (last.what === 'lost' ? 'gone' : 'here') : null
  if (now === null || now === was || (was === null && now === 'here')) return changes
  const line: Change = { camera: camera.id, name: camera.name, at, what: now === 'gone' ? 'lost' : 'back', state: after }
  const rest = last && at - last.at < FLAP_MS ? changes.filter((change) => change !== last) : changes
  return [line, ...rest].slice(0, KEEP)
}
