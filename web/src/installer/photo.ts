const LONGEST_PX = 1600
const QUALITY = 0.82

/** A photo as it is sent: at most 1600 px long, JPEG, without the place and time that phones write into it. */
export async function smallJpeg(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  const by = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * by))
  canvas.height = Math.max(1, Math.round(picture.height * by))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', QUALITY))
}
