// Area codes: county 6 (GB/T 2260) + town 3 (GB/T 10114) + village 3, a group 3 more (rules.md 2).

const BELOW: Record<string, string> = { county: 'town', town: 'village', village: 'group' }
const PREFIX: Record<string, number> = { town: 6, village: 9, group: 12 }

export const childLevel = (level: string): string | null => BELOW[level] ?? null

/** The digits that a child shares with its parent. */
export const codeStart = (parent: string, level: string): string => parent.slice(0, PREFIX[level] ?? 0)

export function codeFault(code: string, parent: string, level: string): 'code_length' | 'code_start' | null {
  if (!new RegExp(level === 'group' ? '^\\d{15}$' : '^\\d{12}$').test(code)) return 'code_length'
  return code.startsWith(codeStart(parent, level)) ? null : 'code_start'
}
