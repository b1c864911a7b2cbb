import { words } from '@/i18n/words'

const zh = {
  title: '看家', look: '看看家里', invitedBy: '{by}请您看看{home}', invited: '家里人请您看看家里',
  landingSaid: '点一下就能看到现在的画面。不用装软件，不用记密码。', landingPrivacy: '您看的每一次，家里人都能看到记录。',
  opening: '正在打开…', change: '换一家', turnOff: '关画面', turnOn: '打开画面', full: '横过来看大图', leaveFull: '退出大图',
  onlyYou: '只有您在看', watching: '{n} 人在看', nobody: '没人在看', cameras: '摄像头',
  offAsk: '关到几点？', offSaid: '关了以后谁也看不到，包括村里。10 秒内生效。', cancel: '不关了', close: '收起',
  offFailed: '没关成：{why}', onFailed: '没打开：{why}', lastPicture: '看断线前最后一张', hideLast: '收起这一张', pictureAt: '{when}的画面', beforeBreak: '断线前最后一张',
  invite: '请家里人来看', big: '大字', normal: '普通字', bigSaid: '字放大三成', normalSaid: '字恢复原样', inviteSaid: '发条链接就行',
  inviteWho: '请谁来看', inviteName: '怎么称呼', relation: '是您的', make: '做一条链接', making: '正在做…',
  shareReady: '链接做好了，只能用一次', expires: '{when}前点开有效', share: '发给他', copy: '复制链接', copied: '复制好了', qrSaid: '当面的话，让他用手机扫一扫', another: '再请一位',
  shareText: '{by}请您看看{home}，点开就能看：', inviteFailed: '没做成：{why}',
  looksToday: '今天', looksYesterday: '昨天', dayLine: '{day}{summary}', whoLooked: '谁看过', nobodyLooked: '这天没人看过',
  homeLooked: '家里 {n} 人看过', homeNobody: '家里没人看', villageLooked: '外面 {n} 人看过', villageNobody: '村里没人看',
  lookLine: '{who} {when} 看了{camera} {span}', lookLineNow: '{who} {when} 开始看{camera}，还在看', because: '，因由：{purpose}',
  usedTitle: '这条链接用过了，或者过期了', usedSaid: '每条链接只能用一次。请{by}再发一条给您。', theSender: '发链接的家里人',
  needTitle: '要一条链接才能看家', needSaid: '请家里的户主打开看家，点“请家里人来看”，把链接发给您。户主的第一条链接，装维师傅安装时给。',
  endedTitle: '这台手机的登录到期了', account: '用账号进来', network: '网不通', networkSaid: '看看手机的网。网一回来就自己接上。',
  busy: '平台正忙', busySaid: '正在再试，不用动。', fault: '平台出毛病了', faultSaid: '编号 {code}。打装维电话时报这个号。', faultNoCode: '过一会儿再试。', retry: '再试',
  goneCamera: '撤掉的一路', noCamera: '还没装摄像机', noCameraSaid: '找村里装。装好了，画面就在这里。', other: 'English', foot: '谁看都留痕',
  photoOf: '{name}现在的画面', sonOff: '断网', privateShort: '关了', refusedShort: '看不了',
}

export type FamilyWords = Record<keyof typeof zh, string>

/** English comes when somebody reads English: it would be a thirtieth of the first load. */
export const t = words(zh, async () => (await import('./words.en')).en)
