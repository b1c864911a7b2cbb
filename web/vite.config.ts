import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const here = import.meta.dirname
/** Every page is an .html file beside this one: family.html is served at /f, room.html at /room, index.html at /. */
const pages = readdirSync(here).filter((name) => name.endsWith('.html'))

/**
 * The families' page is built by itself (`--mode family`, after the others): in one build it would load what only
 * staff pages use of Vue, since a module shared by pages becomes one file.
 */
const FAMILY = 'family.html'

export default defineConfig(({ mode }) => ({
  root: here,
  base: '/',
  plugins: [vue()],
  resolve: { alias: { '@': resolve(here, 'src') } },
  // Options API and devtools are not used; leaving them out keeps the first load small.
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  build: {
    outDir: 'src/huiyan_web/dist',
    emptyOutDir: mode !== 'family',
    // Phones in villages are often five years old: the oldest engines that play our WebRTC H.264.
    target: ['chrome87', 'safari14.1', 'firefox91'],
    // The polyfill would need an inline script, which our CSP forbids.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: pages.filter((name) => (name === FAMILY) === (mode === 'family')).map((name) => resolve(here, name)) },
  },
  test: { include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'] },
}))
