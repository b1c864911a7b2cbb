import type { FamilyWords } from './words'

export const en: FamilyWords = {
  title: 'Home view', look: 'See home', invitedBy: '{by} invites you to see {home}', invited: 'Your family invites you to see home',
  landingSaid: 'One tap shows the picture now. Nothing to install, no password.', landingPrivacy: 'Each of your looks is on record for the family.',
  opening: 'Opening…', change: 'Other home', turnOff: 'Turn off', turnOn: 'Turn picture on', full: 'Full screen', leaveFull: 'Leave full screen',
  onlyYou: 'Only you', watching: '{n} watching', cameras: 'Cameras',
  onFailed: 'Not turned on: {why}', lastPicture: 'Last picture before', hideLast: 'Hide it',
  invite: 'Invite family', big: 'Big type', normal: 'Normal type', bigSaid: '30 % larger', normalSaid: 'as before', inviteSaid: 'by a link',
  usedTitle: 'This link was used or has expired', usedSaid: 'Each link works once. Ask {by} for a new one.', theSender: 'whoever sent it',
  needTitle: 'You need a link to see home', needSaid: 'Ask the owner of the household to open Home view and tap “Invite family”. The owner’s first link comes from the technician.',
  account: 'Sign in with an account', network: 'No network', networkSaid: 'Check the phone’s network. It reconnects by itself.',
  busy: 'The platform is busy', busySaid: 'Trying again by itself.', fault: 'Our fault', faultSaid: 'Code {code}. Tell it to the technician.', faultNoCode: 'Please try again later.', retry: 'Retry',
  noCamera: 'No camera yet', noCameraSaid: 'Ask the village. Its picture will be here.', other: '中文', foot: 'Every look is on record', who: 'Who may look', whoSaid: 'consents, family, who looked',
  photoOf: '{name} now', sonOff: 'offline', privateShort: 'off', refusedShort: 'not allowed',
}
