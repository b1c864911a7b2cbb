import type { Remark } from '@/api/onboarding'
import { say } from '@/i18n/words'

export const remarkSaid = ({ message, message_en }: Remark): string => say({ zh: message, en: message_en })
