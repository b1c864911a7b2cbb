import { createApp } from 'vue'
import { openPage } from '@/ui/page'
import RoomPage from './RoomPage.vue'

openPage(createApp(RoomPage))
