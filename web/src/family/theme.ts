/** In a dark room (the phone says so) the family page is night, so that it does not glare. Documents stay paper. */
export function followTheRoom(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const set = (): void => {
    document.documentElement.dataset.theme = dark.matches ? 'night' : 'paper'
    const ground = getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', ground)
  }
  dark.addEventListener('change', set)
  set()
}
