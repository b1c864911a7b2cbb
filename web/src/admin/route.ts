import { onBeforeUnmount, ref, type Ref } from 'vue'

/** `#/cameras/cam_1?q=路口` → {page: 'cameras', id: 'cam_1', more: '', asked: {q: '路口'}}. */
export interface Route { page: string; id: string; more: string; asked: Record<string, string> }

/** `#/x` and `#x` are the same place: links from elsewhere say /admin#/break-glass or /admin#break-glass. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [page = '', id = '', more = ''] = path.split('/').map(decoded)
  return { page, id, more, asked: Object.fromEntries(new URLSearchParams(query)) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return '' // a mistyped % is no place
  }
}

export function hashOf(page: string, id = '', more = '', asked: Record<string, string> = {}): string {
  const path = [page, id, more].filter(Boolean).map(encodeURIComponent).join('/')
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '')).toString()
  return `#/${path}${query ? `?${query}` : ''}`
}

export function useRoute(): Ref<Route> {
  const route = ref(routeOf(location.hash))
  const read = (): void => { route.value = routeOf(location.hash) }
  window.addEventListener('hashchange', read)
  onBeforeUnmount(() => window.removeEventListener('hashchange', read))
  return route
}

export const go = (page: string, id = '', more = '', asked: Record<string, string> = {}): void => {
  location.hash = hashOf(page, id, more, asked)
}
