// Reads the bar of huiyan_testing.scenes.bar from each frame that a <video> presents.
window.__bar = { seen: {}, watch(video, key) {
  const seen = this.seen[key] = []
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true})
  const look = (now, meta) => {
    const width = canvas.width = video.videoWidth, row = Math.floor(Math.floor(video.videoHeight / 9) / 2)
    canvas.height = 1
    if (width) {
      pen.drawImage(video, 0, row, width, 1, 0, 0, width, 1)
      const line = pen.getImageData(0, 0, width, 1).data, cell = Math.floor(width / 22)
      const bits = Array.from({length: 22}, (_, i) => line[(i * cell + (cell >> 1)) * 4 + 1] > 128 ? 1 : 0)
      let value = -1
      if (bits[0] === 1 && bits[21] === 0) {
        value = 0
        for (let i = 0; i < 20; i++) if (bits[i + 1]) value |= 1 << i
        for (const shift of [1, 2, 4, 8, 16]) value ^= value >> shift
      }
      seen.push({camera: value < 0 ? -1 : value >> 12, frame: value < 0 ? -1 : value & 4095, width,
                 at: performance.timeOrigin + meta.presentationTime, now: performance.timeOrigin + now,
                 rtp: meta.rtpTimestamp ?? null})
      if (seen.length > 3000) seen.shift()
    }
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
} }
