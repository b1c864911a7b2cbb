import { describe, expect, it } from 'vitest'
import { audioCodecs, videoCodecs, withoutLocalNames } from '@/player/sdp'

const offer = ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 102',
  'a=candidate:1 1 udp 2113937151 0f3a-22.local 51000 typ host generation 0',
  'a=candidate:2 1 udp 2113937151 10.0.0.7 51000 typ host generation 0', 'a=mid:0', ''].join('\r\n')

describe('the offer', () => {
  it('carries no mDNS names, and everything else unchanged', () => {
    const munged = withoutLocalNames(offer)
    expect(munged).not.toContain('.local')
    expect(munged).toBe(offer.split('\r\n').filter((line) => !line.includes('.local')).join('\r\n'))
    expect(withoutLocalNames(munged)).toBe(munged)
  })

  it('asks for H.264 in mode 1 and its retransmission only', () => {
    const all = [
      { mimeType: 'video/VP8' }, { mimeType: 'video/rtx' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=0;profile-level-id=42e01f' },
      { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f' },
    ]
    expect(videoCodecs(all)).toEqual([all[3], all[1]])
    expect(videoCodecs([{ mimeType: 'video/VP8' }, { mimeType: 'video/rtx' }])).toEqual([])
    expect(audioCodecs([{ mimeType: 'audio/opus' }, { mimeType: 'audio/PCMA' }])).toEqual([{ mimeType: 'audio/PCMA' }])
  })
})
