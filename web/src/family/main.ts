import { createApp } from 'vue'
import FamilyPage from './FamilyPage.vue'
import { followTheRoom } from './theme'
import { openPage } from '@/ui/page'

followTheRoom()
openPage(createApp(FamilyPage))
