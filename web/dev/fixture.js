// Dev only, injected by shots.py: a relay inside the page. Real WebRTC from a canvas, a session channel without a network.
(() => {
  const realFetch = window.fetch
  const fixture = (window.__fixture = { mode: 'live', ageMs: 80, peers: [], channels: [], dead: false, offline: false })

  async function scene() {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 480
    const draw = canvas.getContext('2d')
    let still = null
    const answer = await realFetch('/fixture/still').catch(() => null)
    if (answer && answer.ok) still = await createImageBitmap(await answer.blob())
    let n = 0
    setInterval(() => {
      if (still) draw.drawImage(still, 0, 0, 640, 480)
      else {
        draw.fillStyle = '#8fae7a'
        draw.fillRect(0, 0, 640, 480)
        draw.fillStyle = '#9a6b4f'
        draw.fillRect(60, 60, 320, 150)
      }
      draw.fillStyle = '#24407a'
      draw.fillRect(80 + (n % 400), 320, 16, 48)
      n += 2
    }, 40)
    return canvas.captureStream(25).getVideoTracks()[0]
  }
  let made = null
  // A sender without a track sends nothing: what a page sees when a camera or relay hangs.
  fixture.freeze = (on) => Promise.all(fixture.peers.filter((peer) => peer.signalingState !== 'closed').flatMap((peer) => peer.getSenders().map(async (sender) =>
    sender.replaceTrack(on ? null : await made))))

  async function whep(sdp) {
    made ??= scene()
    const peer = new RTCPeerConnection()
    fixture.peers.push(peer)
    const track = await made
    await peer.setRemoteDescription({ type: 'offer', sdp })
    for (const transceiver of peer.getTransceivers()) {
      transceiver.direction = 'sendonly'
      await transceiver.sender.replaceTrack(track)
    }
    await peer.setLocalDescription(await peer.createAnswer())
    await new Promise((done) => {
      if (peer.iceGatheringState === 'complete') done()
      peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done()
    })
    return new Response(peer.localDescription.sdp, {
      status: 201, headers: { Location: '/whep/sessions/whp_0000000000000001', ETag: '"1"' },
    })
  }
  window.fetch = (input, init) => {
    const url = String(input)
    if (url.includes('/whep/') && init?.method === 'POST') {
      if (fixture.mode === 'loading') return new Promise(() => undefined)
      if (fixture.dead) return Promise.reject(new TypeError('no relay'))
      return whep(init.body)
    }
    if (url.includes('/whep/sessions/')) return Promise.resolve(new Response(null, { status: 200 }))
    return realFetch(input, init)
  }
  class Channel extends EventTarget {
    constructor() {
      super()
      this.born = performance.now()
      this.readyState = 1
      fixture.channels.push(this)
      setTimeout(() => (fixture.dead ? this.die() : this.onopen?.()), 5)
      this.timer = setInterval(() => this.state(), 500)
    }
    say(message) {
      this.onmessage?.({ data: JSON.stringify(message) })
    }
    state() {
      const { frames = [] } = window.__huiyan?.tiles.hero ?? {}
      const last = frames.filter((frame) => frame.now > this.born).at(-1)
      const now = performance.timeOrigin + performance.now()
      // The age the page should show is what the fixture is told, from the moment of the last frame on.
      this.say({ type: 'state', now, tiles: [{ tile: 0, camera: 'cam_0000000000000001', stream: 'main', state: fixture.offline ? 'offline' : 'live', cause: null, rtp: last?.rtp ?? 0, captured_at: last ? performance.timeOrigin + last.now - fixture.ageMs : null, audio: false }] })
    }
    send(text) {
      const message = JSON.parse(text)
      if (message.type === 'ping') this.say({ type: 'pong', t: message.t, now: performance.timeOrigin + performance.now() })
      if (message.type === 'grant') setTimeout(() => this.state(), 10)
    }
    die() {
      this.close()
      this.onclose?.()
    }
    close() {
      clearInterval(this.timer)
      this.readyState = 3
    }
  }
  Channel.OPEN = 1
  window.WebSocket = Channel
})()
