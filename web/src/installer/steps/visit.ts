import type { OnboardingCalls } from '@/api/onboarding'
import type { Me } from '@/api/types'
import type { Draft, StepName } from '../draft'

/** What every step gets: the visit so far, which it writes into, and the camera's password, which is in memory only. */
export interface VisitProps { calls: OnboardingCalls; draft: Draft; secret: { password: string }; me: Me }
export interface VisitEmits { next: []; go: [step: StepName]; anew: [] }
