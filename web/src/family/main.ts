import { createApp } from 'vue'
import FamilyPage from './FamilyPage.vue'
import { big, showBig } from './bigType'
import { followTheRoom } from './theme'
import { openPage } from '@/ui/page'

followTheRoom()
// Before any screen: somebody may come straight to /f/who.
showBig(big.value)
openPage(createApp(FamilyPage))
