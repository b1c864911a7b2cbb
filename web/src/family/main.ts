import { createApp } from 'vue'
import FamilyPage from './FamilyPage.vue'
import { openPage } from '@/ui/page'

openPage(createApp(FamilyPage))
