import { describe, expect, it } from 'vitest'
import { actionOf, TileNumber, type KeyPress } from '@/room/wall/keys'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({ key, ctrl: false, alt: false, typing: false, onControl: false, ...more })

describe('keys', () => {
  it.each([
    ['f', 'full'], ['F', 'full'], ['t', 'tree'], ['/', 'search'], ['?', 'keys'], ['Delete', 'clear'], ['Enter', 'assign'], [' ', 'patrol'], ['Escape', 'escape'],
  ])('%s → %s', (key, what) => expect(actionOf(press(key))).toEqual({ do: what }))

  it('arrows move, digits select', () => {
    expect(actionOf(press('ArrowUp'))).toEqual({ do: 'move', to: 'up' })
    expect(actionOf(press('7'))).toEqual({ do: 'digit', digit: 7 })
  })

  it('leaves text fields alone, except Escape', () => {
    for (const key of ['f', '1', '/', ' ', 'Enter', 'Delete']) expect(actionOf(press(key, { typing: true }))).toBeNull()
    expect(actionOf(press('Escape', { typing: true }))).toEqual({ do: 'escape' })
  })

  it('leaves Enter, Space and arrows to a focused button', () => {
    for (const key of ['Enter', ' ', 'ArrowLeft']) expect(actionOf(press(key, { onControl: true }))).toBeNull()
    expect(actionOf(press('6', { onControl: true }))).toEqual({ do: 'digit', digit: 6 })
  })

  it('takes Ctrl+Z only; the browser keeps its own', () => {
    expect(actionOf(press('z', { ctrl: true }))).toEqual({ do: 'undo' })
    expect(actionOf(press('f', { ctrl: true }))).toBeNull()
    expect(actionOf(press('1', { alt: true }))).toBeNull()
  })

  it('knows nothing of keys that have no function yet', () => {
    for (const key of ['b', 'm', 'n', 'x']) expect(actionOf(press(key))).toBeNull()
  })
})

describe('tile numbers', () => {
  const typed = (...at: [number, number][]): (number | null)[] => {
    const number = new TileNumber()
    return at.map(([digit, ms]) => number.typed(digit, ms, 16))
  }

  it('selects at once and moves on with a quick second digit', () => {
    expect(typed([1, 0], [4, 300])).toEqual([0, 13])
  })

  it('a slow second digit is a number of its own', () => {
    expect(typed([1, 0], [4, 700])).toEqual([0, 3])
  })

  it('what makes no tile together stands alone', () => {
    expect(typed([2, 0], [5, 100])).toEqual([1, 4])
    expect(typed([1, 0], [7, 100])).toEqual([0, 6])
  })

  it('0 alone is no tile; 10 is', () => {
    expect(typed([0, 0])).toEqual([null])
    expect(typed([1, 0], [0, 100], [3, 200])).toEqual([0, 9, 2])
  })

  it('keeps to the wall', () => {
    const number = new TileNumber()
    expect(number.typed(9, 0, 4)).toBeNull()
    expect(number.typed(4, 50, 4)).toBe(3)
  })
})
