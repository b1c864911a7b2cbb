import type { Problem } from '@/api/problem'

const KNOWN: readonly string[] = ['signage', 'consent', 'live_check', 'placement']

/** What a 409 of a life step says is missing; the registry names it in `missing`, or in its words. */
export function missingOf(problem: Problem): string[] {
  if (problem.status !== 409) return []
  const told = (problem.body as { missing?: unknown }).missing
  if (Array.isArray(told)) return told.map(String)
  const words = `${problem.code} ${problem.body.detail ?? ''} ${problem.body.detail_en ?? ''} ${problem.body.title_en ?? ''}`
  return KNOWN.filter((one) => words.includes(one))
}
