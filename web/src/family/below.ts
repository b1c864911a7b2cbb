// What lies below the picture: one file, fetched a moment after the first one, here before anybody reaches for it.
export { default as LookNotice } from './household/LookNotice.vue'
export { default as LooksPanel } from './LooksPanel.vue'
export { default as OffPanel } from './OffPanel.vue'
