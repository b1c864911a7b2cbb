import type { ImportFault } from '@/api/admin'
import type { Locale } from '@/i18n/words'

const KINDS: Record<string, string> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** The media type of a table by its name; null when it is none of ours. */
export const kindOf = (name: string): string | null => KINDS[name.toLowerCase().split('.').pop() ?? ''] ?? null

/** A cell that begins like a formula is text to a spreadsheet only behind a quote (OWASP, CSV injection). */
function cell(value: string | number | null): string {
  const text = String(value ?? '')
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain
}

/** The list of faults as CSV with a byte order mark, so that Excel reads it as UTF-8. */
export function faultsAsCsv(faults: readonly ImportFault[], locale: Locale): string {
  const head = locale === 'zh' ? ['行', '列', '怎么不对'] : ['line', 'column', 'fault']
  const lines = faults.map((one) => [one.line, one.column, locale === 'zh' ? one.message : one.message_en])
  return `\uFEFF${[head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`
}
