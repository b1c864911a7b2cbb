import type { App } from 'vue'
import sprite from '@/tokens/icons.svg?raw'
import '@/tokens/tokens.css'
import '@/tokens/parts.css'
import './ui.css'
import { locale, speak } from '@/i18n/words'

/** Put the icon sprite into the page once; symbols are then used by `<Icon>`. */
function layIcons(): void {
  document.body.insertAdjacentHTML('afterbegin', sprite)
}

/** What every entry does: sprite, language, mount. */
export function openPage(app: App): void {
  layIcons()
  speak(locale.value)
  app.mount('#app')
}
