import { createApp } from 'vue'
import { openPage } from '@/ui/page'
import AdminPage from './AdminPage.vue'

openPage(createApp(AdminPage))
