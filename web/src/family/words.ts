import { words } from '@/i18n/words'

const zh = {
  title: '看家', look: '看看家里', invitedBy: '{by}请您看看{home}', invited: '家里人请您看看家里',
  landingSaid: '点一下就能看到现在的画面。不用装软件，不用记密码。', landingPrivacy: '您看的每一次，家里人都能看到记录。',
  opening: '正在打开…', change: '换一家', turnOff: '关画面', turnOn: '打开画面', full: '横过来看大图', leaveFull: '退出大图',
  onlyYou: '只有您在看', watching: '{n} 人在看', cameras: '摄像头',
  onFailed: '没打开：{why}', lastPicture: '看断线前最后一张', hideLast: '收起这一张',
  invite: '请家里人来看', big: '大字', normal: '普通字', bigSaid: '字放大三成', normalSaid: '字恢复原样', inviteSaid: '发条链接就行',
  usedTitle: '这条链接用过了，或者过期了', usedSaid: '每条链接只能用一次。请{by}再发一条给您。', theSender: '发链接的家里人',
  needTitle: '要一条链接才能看家', needSaid: '请家里的户主打开看家，点“请家里人来看”，把链接发给您。户主的第一条链接，装维师傅安装时给。',
  account: '用账号进来', network: '网不通', networkSaid: '看看手机的网。网一回来就自己接上。',
  busy: '平台正忙', busySaid: '正在再试，不用动。', fault: '平台出毛病了', faultSaid: '编号 {code}。打装维电话时报这个号。', faultNoCode: '过一会儿再试。', retry: '再试',
  noCamera: '还没装摄像机', noCameraSaid: '找村里装。装好了，画面就在这里。', other: 'English', foot: '谁看都留痕', who: '谁能看', whoSaid: '同意、家里人、谁看过',
  photoOf: '{name}现在的画面', sonOff: '断网', privateShort: '关了', refusedShort: '看不了',
}

export type FamilyWords = Record<keyof typeof zh, string>

/** English comes when somebody reads English: it would be a thirtieth of the first load. */
export const t = words(zh, async () => (await import('./words.en')).en)
