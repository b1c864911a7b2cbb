import { Problem, type ProblemBody } from './problem'

/** Signs one request of a session bound to a device key; null when there is no key. */
export type Prove = (method: string, path: string) => Promise<string | null>

const ANSWER_WITHIN_MS = 10_000

/** Same-origin JSON calls: cookie, CSRF header, device proof, problem+json as `Problem`. */
export class Http {
  csrf = ''
  /** Called on each 401 of a call that needs a session: the page shows its way back in. */
  onSessionGone: () => void = () => undefined

  constructor(
    private readonly prove: Prove = async () => null,
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path)
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>('POST', path, body)
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>('PATCH', path, body)
  }

  put<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>('PUT', path, body)
  }

  delete<T = void>(path: string): Promise<T> {
    return this.call<T>('DELETE', path)
  }

  /** A `Blob` goes as it is, everything else as JSON. `withinMs`: what asks a camera takes longer. */
  async call<T>(method: string, path: string, body?: unknown, withinMs = ANSWER_WITHIN_MS): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (method !== 'GET') {
      if (this.csrf) headers['Huiyan-CSRF'] = this.csrf
      const proof = await this.prove(method, path.split('?')[0] ?? path)
      if (proof) headers['Huiyan-Proof'] = proof
    }
    const raw = body instanceof Blob
    if (body !== undefined) headers['Content-Type'] = raw ? body.type : 'application/json'
    const stop = new AbortController()
    const late = setTimeout(() => stop.abort(), withinMs)
    try {
      const answer = await this.send(path, {
        method, headers, credentials: 'same-origin', cache: 'no-store', signal: stop.signal,
        keepalive: method === 'DELETE', // what a leaving page gives back must still arrive
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      })
      if (!answer.ok) throw await problemFrom(answer)
      return (answer.status === 204 ? undefined : await answer.json()) as T
    } catch (caught) {
      const problem = caught instanceof Problem ? caught : new Problem(0)
      if (problem.kind === 'session') this.onSessionGone()
      throw problem
    } finally {
      clearTimeout(late)
    }
  }
}

export async function problemFrom(answer: Response): Promise<Problem> {
  let body: ProblemBody = {}
  if (answer.headers.get('content-type')?.includes('json')) {
    body = (await answer.json().catch(() => ({}))) as ProblemBody
  }
  return new Problem(answer.status, body)
}
