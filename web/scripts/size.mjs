// First load of each page, gzip: the page itself, its scripts (static imports followed) and styles. Budget 60 KiB.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const BUDGET = 60 * 1024
const dist = resolve(import.meta.dirname, '../src/huiyan_web/dist')

function firstLoad(page) {
  const html = readFileSync(join(dist, page), 'utf8')
  const seen = new Set()
  const queue = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g)].map((hit) => join(dist, hit[1]))
  while (queue.length > 0) {
    const file = queue.pop()
    if (seen.has(file)) continue
    seen.add(file)
    if (!file.endsWith('.js')) continue
    // Static imports only: `import(...)` is loaded later, when somebody asks for it.
    for (const hit of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*"(\.\/[^"]+\.js)"/g)) {
      queue.push(resolve(dirname(file), hit[1]))
    }
  }
  const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length
  return [...seen].reduce((sum, file) => sum + gzipped(readFileSync(file)), gzipped(html))
}

let over = false
for (const page of readdirSync(dist).filter((name) => name.endsWith('.html'))) {
  const bytes = firstLoad(page)
  over ||= bytes > BUDGET
  console.log(`${page.padEnd(14)} ${(bytes / 1024).toFixed(1)} KiB of ${BUDGET / 1024}${bytes > BUDGET ? '  TOO BIG' : ''}`)
}
process.exit(over ? 1 : 0)
