import { ref } from 'vue'

const KEPT_UNDER = 'huiyan.big'
const kept = (): boolean => {
  try {
    return localStorage.getItem(KEPT_UNDER) === '1'
  } catch {
    return false
  }
}

/** 大字: everything of the family pages is in rem, so one class on <html> enlarges it by 1.3. */
export const big = ref(kept())

export function showBig(on: boolean): void {
  big.value = on
  document.documentElement.classList.toggle('big', on)
  try {
    localStorage.setItem(KEPT_UNDER, on ? '1' : '0')
  } catch {
    // for this visit only
  }
}
