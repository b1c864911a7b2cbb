// Dev only, injected by room_shots.py: a wall relay inside the page. Drawn canvases stand in for received tracks.
(() => {
  const realFetch = window.fetch
  const fixture = (window.__fixture = { frozen: new Set(['cam_0000000000000014', 'cam_0000000000000039']), offline: new Set(['cam_0000000000000014', 'cam_0000000000000039']), age: {}, down: false, slots: Array(16).fill(null), seqs: [], posts: 0, noAnswer: false, switchMs: 60 })
  const stills = new Map()
  const cells = []

  async function still(camera) {
    if (!stills.has(camera)) {
      stills.set(camera, (async () => {
        const answer = await realFetch(`/fixture/still/${Number(camera.replace(/\D/g, '')) || 0}`).catch(() => null)
        return answer?.ok ? createImageBitmap(await answer.blob()) : null
      })())
    }
    return stills.get(camera)
  }
  function cell(index) {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 360
    const made = { canvas, draw: canvas.getContext('2d'), picture: null, camera: null, drawnAt: null, n: 0 }
    cells[index] = made
    return canvas.captureStream(10).getVideoTracks()[0]
  }
  async function turn(index, camera) {
    const one = cells[index]
    fixture.slots[index] = camera
    if (!one) return
    one.camera = null
    one.drawnAt = null
    one.picture = camera ? await still(camera) : null
    if (fixture.slots[index] === camera) one.camera = camera
  }
  setInterval(() => {
    if (fixture.down) return
    for (const one of cells) {
      if (!one?.camera || fixture.frozen.has(one.camera)) continue
      if (one.picture) one.draw.drawImage(one.picture, 0, 0, 640, 360)
      else {
        one.draw.fillStyle = '#567'
        one.draw.fillRect(0, 0, 640, 360)
      }
      one.draw.fillStyle = one.n++ % 2 ? '#fff' : '#eee'
      one.draw.fillRect(638, 358, 2, 2)
      one.drawnAt = performance.now()
    }
  }, 200)

  class Peer extends EventTarget {
    constructor() {
      super()
      this.connectionState = 'new'
      this.tracks = 0
    }
    addTransceiver() {
      return { receiver: { track: cell(this.tracks++), jitterBufferTarget: null }, setCodecPreferences() {} }
    }
    createOffer() { return Promise.resolve({ type: 'offer', sdp: 'v=0\r\n' }) }
    setLocalDescription(made) { this.localDescription = made; return Promise.resolve() }
    setRemoteDescription() { this.connectionState = 'connected'; return Promise.resolve() }
    close() { this.connectionState = 'closed' }
  }
  window.RTCPeerConnection = Peer

  window.fetch = (input, init) => {
    const url = String(input)
    if (url.includes('/whep/wall') && init?.method === 'POST') {
      fixture.posts++
      if (fixture.down) return Promise.reject(new TypeError('no relay'))
      if (fixture.noAnswer) return new Promise(() => undefined)
      const asked = (new URL(url, location.href).searchParams.get('tiles') ?? '').split(',')
      asked.forEach((slot, index) => void turn(index, slot.split(':')[0] || null))
      return Promise.resolve(new Response('v=0\r\n', { status: 201, headers: { Location: '/whep/sessions/whp_0000000000000001' } }))
    }
    if (url.includes('/whep/sessions/')) return Promise.resolve(new Response(null, { status: 200 }))
    return realFetch(input, init)
  }
  fixture.channels = []
  class Channel extends EventTarget {
    constructor() {
      super()
      this.readyState = 1
      fixture.channels.push(this)
      setTimeout(() => (fixture.down ? this.die() : this.onopen?.()), 5)
      this.timer = setInterval(() => this.state(), 500)
    }
    say(message) { this.onmessage?.({ data: JSON.stringify(message) }) }
    state() {
      if (fixture.down) return
      const now = performance.timeOrigin + performance.now()
      this.say({ type: 'state', now, tiles: fixture.slots.map((camera, tile) => {
        const at = cells[tile]?.drawnAt
        return { tile, camera, stream: 'sub', state: !camera ? 'waiting' : fixture.offline.has(camera) ? 'offline' : 'live', cause: null, rtp: null, audio: false,
          captured_at: at == null ? null : performance.timeOrigin + at - (fixture.age[camera] ?? 180) }
      }) })
    }
    send(text) {
      const message = JSON.parse(text)
      if (message.type === 'ping') this.say({ type: 'pong', t: message.t, now: performance.timeOrigin + performance.now() })
      if (message.type === 'tile') {
        setTimeout(() => {
          void turn(message.tile, message.camera)
          this.say({ type: 'switched', tile: message.tile, seq: message.seq, camera: message.camera, stream: message.stream })
        }, fixture.switchMs)
      }
    }
    die() { this.close(); this.onclose?.() }
    close() { clearInterval(this.timer); this.readyState = 3 }
  }
  Channel.OPEN = 1
  window.WebSocket = Channel
})()
