import { onBeforeUnmount, watch, type Ref } from 'vue'

/** Keep the screen on while a live picture is watched, where the phone allows it. */
export function useWakeLock(watching: Ref<boolean>): void {
  let lock: WakeLockSentinel | null = null
  const hold = async (): Promise<void> => {
    if (!watching.value || document.hidden || lock || !('wakeLock' in navigator)) return
    try {
      lock = await navigator.wakeLock.request('screen')
      lock.addEventListener('release', () => { lock = null })
    } catch {
      lock = null // low battery: the phone decides
    }
  }
  const release = (): void => void lock?.release()
  watch(watching, (on) => (on ? void hold() : release()), { immediate: true })
  const seen = (): void => void hold()
  document.addEventListener('visibilitychange', seen)
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', seen)
    release()
  })
}
