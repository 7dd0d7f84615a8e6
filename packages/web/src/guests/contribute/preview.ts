/** Pixels: twice the size of its place. */
const SIDE = 112;

/** A small JPEG of the picture; undefined if the browser can't decode it, as most can't HEIC. */
export async function previewOf(file: Blob): Promise<Blob | undefined> {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.max(SIDE / whole.width, SIDE / whole.height);
    const [width, height] = [whole.width * scale, whole.height * scale];
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    canvas.getContext('2d')?.drawImage(whole, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    whole.close();
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
  } catch {
    return undefined;
  }
}
