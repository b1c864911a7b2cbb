import type { FamilyWords } from './words'

export const en: FamilyWords = {
  title: 'Home view', look: 'See home', invitedBy: '{by} invites you to see {home}', invited: 'Your family invites you to see home',
  landingSaid: 'One tap shows the picture now. Nothing to install, no password.', landingPrivacy: 'Each of your looks is on record for the family.',
  opening: 'Opening…', change: 'Other home', turnOff: 'Turn off', turnOn: 'Turn picture on', full: 'Full screen', leaveFull: 'Leave full screen',
  onlyYou: 'Only you', watching: '{n} watching', nobody: 'Nobody watching', cameras: 'Cameras',
  offAsk: 'Off until when?', offSaid: 'Nobody can look then, the village included. Takes effect within 10 s.', cancel: 'Keep it on', close: 'Close',
  offFailed: 'Not turned off: {why}', onFailed: 'Not turned on: {why}', lastPicture: 'Last picture before', hideLast: 'Hide it', pictureAt: 'Picture from {when}', beforeBreak: 'last before the break',
  invite: 'Invite family', big: 'Big type', normal: 'Normal type', bigSaid: '30 % larger', normalSaid: 'as before', inviteSaid: 'by a link',
  inviteWho: 'Whom to invite', inviteName: 'Name', relation: 'Your', make: 'Make a link', making: 'Making…',
  shareReady: 'The link is ready; it works once', expires: 'open it before {when}', share: 'Send it', copy: 'Copy link', copied: 'Copied', qrSaid: 'Or let them scan this', another: 'Invite another',
  shareText: '{by} invites you to see {home}: ', inviteFailed: 'Not made: {why}',
  looksToday: 'Today', looksYesterday: 'Yesterday', dayLine: '{day} {summary}', whoLooked: 'Who looked', nobodyLooked: 'Nobody looked that day',
  homeLooked: '{n} of the family looked', homeNobody: 'none of the family looked', villageLooked: '{n} from outside looked', villageNobody: 'nobody from the village',
  lookLine: '{who} looked at {camera} at {when} for {span}', lookLineNow: '{who} is looking at {camera} since {when}', because: ', purpose: {purpose}',
  usedTitle: 'This link was used or has expired', usedSaid: 'Each link works once. Ask {by} for a new one.', theSender: 'whoever sent it',
  needTitle: 'You need a link to see home', needSaid: 'Ask the owner of the household to open Home view and tap “Invite family”. The owner’s first link comes from the technician.',
  endedTitle: 'This phone is signed out', account: 'Sign in with an account', network: 'No network', networkSaid: 'Check the phone’s network. It reconnects by itself.',
  busy: 'The platform is busy', busySaid: 'Trying again by itself.', fault: 'Our fault', faultSaid: 'Code {code}. Tell it to the technician.', faultNoCode: 'Please try again later.', retry: 'Retry',
  goneCamera: 'a removed camera', noCamera: 'No camera yet', noCameraSaid: 'Ask the village. Its picture will be here.', other: '中文', foot: 'Every look is on record',
  photoOf: '{name} now', sonOff: 'offline', privateShort: 'off', refusedShort: 'not allowed',
}
