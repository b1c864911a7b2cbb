// One chunk of its own: the calendar of Element Plus, its words and its look.
import 'element-plus/es/components/config-provider/style/css'
import 'element-plus/es/components/date-picker/style/css'
import './datePicker.css'

export { ElConfigProvider } from 'element-plus/es/components/config-provider/index'
export { ElDatePicker } from 'element-plus/es/components/date-picker/index'
export { default as zhCn } from 'element-plus/es/locale/lang/zh-cn'
export { default as en } from 'element-plus/es/locale/lang/en'
