import type { Said } from '@/i18n/words'

export interface Told { tile: number; name: string; word: Said }

const GATHER_MS = 1_000
const ONE_BY_ONE = 2

/** Sentence for the changes of one second: two by name, more as a count per word. */
export function toldTogether(changes: readonly Told[]): Said {
  if (changes.length <= ONE_BY_ONE) {
    return {
      zh: changes.map(({ tile, name, word }) => `${tile + 1} 号格 ${name} ${word.zh}`).join('，'),
      en: changes.map(({ tile, name, word }) => `Tile ${tile + 1} ${name}: ${word.en}`).join(', '),
    }
  }
  const counts = new Map<string, { word: Said; count: number }>()
  for (const { word } of changes) counts.set(word.zh, { word, count: (counts.get(word.zh)?.count ?? 0) + 1 })
  return {
    zh: [...counts.values()].map(({ word, count }) => `${count} 格${word.zh}`).join('，'),
    en: [...counts.values()].map(({ word, count }) => `${count} tiles: ${word.en}`).join(', '),
  }
}

/** Gathers state changes of the tiles so that a screen reader hears each once, and sixteen at once as one sentence. */
export class Announcer {
  private waiting = new Map<number, Told>()
  private timer = 0

  constructor(private readonly speak: (said: Said) => void) {}

  changed(told: Told): void {
    this.waiting.set(told.tile, told)
    this.timer ||= window.setTimeout(() => {
      this.timer = 0
      const changes = [...this.waiting.values()]
      this.waiting.clear()
      if (changes.length > 0) this.speak(toldTogether(changes))
    }, GATHER_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
  }
}
