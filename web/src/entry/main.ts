import { createApp } from 'vue'
import EntryPage from './EntryPage.vue'
import { openPage } from '@/ui/page'

openPage(createApp(EntryPage))
