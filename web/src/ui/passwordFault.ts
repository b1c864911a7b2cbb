/** What the registry takes at least (NIST SP 800-63B: length counts, composition rules do not). */
export const SHORTEST = 10

/** Why a new password will not do; null when it will. */
export function passwordFault(old: string, next: string, twice: string): 'short' | 'same' | 'differs' | null {
  if ([...next].length < SHORTEST) return 'short'
  if (next === old) return 'same'
  return next === twice ? null : 'differs'
}
