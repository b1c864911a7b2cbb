import { onBeforeUnmount, shallowReactive, watch } from 'vue'
import type { Camera } from '@/api/types'
import { SnapshotReel, type Snapshot } from '@/player/snapshots'
import type { Home } from './home'

const EVERY_MS = 30_000

const showable = (camera: Camera): boolean =>
  camera.may.live && (camera.presence.state === 'online' || camera.presence.state === 'stalled')

/** Small pictures of the camera row, a new one each 30 s while the page is seen. The last one outlives a break. */
export function useThumbs(home: Home) {
  const shots = shallowReactive<Record<string, Snapshot>>({})
  const reels = new Map<string, SnapshotReel>()

  const stop = (id: string): void => {
    reels.get(id)?.stop()
    reels.delete(id)
  }
  const follow = (cameras: Camera[]): void => {
    const { value: grant } = home.grant
    for (const id of [...reels.keys()]) if (!cameras.some((camera) => camera.id === id)) stop(id)
    for (const camera of cameras) {
      if (!camera.may.live) {
        // Turned off or withdrawn: the picture goes at once, also the small one.
        stop(camera.id)
        delete shots[camera.id]
      } else if (grant && !reels.has(camera.id)) {
        reels.set(camera.id, new SnapshotReel(grant, camera.id, EVERY_MS,
          (shot) => { if (shot) shots[camera.id] = shot },
          () => !document.hidden && home.cameras.value.some((one) => one.id === camera.id && showable(one))))
      } else if (showable(camera) && !shots[camera.id]) reels.get(camera.id)?.now()
    }
  }
  watch(home.grant, () => { for (const id of [...reels.keys()]) stop(id) }, { flush: 'sync' })
  watch([home.cameras, home.grant], () => follow(home.cameras.value), { immediate: true })
  const seen = (): void => { if (!document.hidden) for (const reel of reels.values()) reel.now() }
  document.addEventListener('visibilitychange', seen)
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', seen)
    for (const id of [...reels.keys()]) stop(id)
  })
  return shots
}
