import { createApp } from 'vue'
import { openPage } from '@/ui/page'
import InstallerPage from './InstallerPage.vue'
import './installer.css'

openPage(createApp(InstallerPage))
