import { nextTick, onBeforeUnmount, ref } from 'vue'
import { problemOf, type Problem } from '@/api/problem'
import { say, words } from '@/i18n/words'

const t = words(
  { network: '没有网。填的都还在，网来了再按一次', busy: '平台正忙，过几秒再按一次', fault: '平台出毛病了，编号 {code}。填的都还在，过一会儿再按' },
  { network: 'No network. Everything you typed is still here; press again when it is back', busy: 'The platform is busy; press again in a few seconds', fault: 'Our fault, code {code}. Everything you typed is still here; press again later' },
)

/** What a person on a roof can do about it. */
export function kindly(problem: Problem): string {
  if (problem.kind === 'network') return t('network')
  if (problem.kind === 'busy' && !problem.body.title) return t('busy')
  if (problem.kind === 'fault' && !problem.body.title) return t('fault', { code: problem.reference || String(problem.status) })
  return say(problem.said)
}

/** One call at a time of one screen: busy while it runs, and the refusal in words. */
export function useCall() {
  const busy = ref(false)
  const refused = ref('')
  const problem = ref<Problem | null>(null)
  let gone = false
  onBeforeUnmount(() => { gone = true })

  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    refused.value = ''
    problem.value = null
    try {
      const got = await work()
      return gone ? undefined : got
    } catch (caught) {
      problem.value = problemOf(caught)
      refused.value = kindly(problem.value)
      // It may stand below the fold, behind the button that was pressed.
      void nextTick(() => document.querySelector('.screen [role=alert]')?.scrollIntoView({ block: 'center' }))
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, refused, problem, run }
}
