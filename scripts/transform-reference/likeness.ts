import sharp from 'sharp';

/** Encoders differ in the last bit between processors; an image of quality 90 instead of 80 differs by 2. */
const MAX_MEAN_DIFFERENCE = 0.5;

/** Whether two files show the same image, frame by frame. */
export async function isAlike(one: Buffer, other: Buffer): Promise<boolean> {
  const [first, second] = await Promise.all([decoded(one), decoded(other)]);
  if (first.shape !== second.shape) return false;
  const sum = first.pixels.reduce((sum, value, at) => sum + Math.abs(value - (second.pixels[at] ?? 0)), 0);
  return sum / first.pixels.length <= MAX_MEAN_DIFFERENCE;
}

/** Fully transparent pixels have no color to compare. */
async function decoded(bytes: Buffer): Promise<{ readonly shape: string; readonly pixels: Buffer }> {
  const { format, width, height, pages = 1, hasAlpha } = await sharp(bytes, { pages: -1 }).metadata();
  const pixels = await sharp(bytes, { pages: -1 }).ensureAlpha().raw().toBuffer();
  for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] === 0) pixels.fill(0, at, at + 3);
  return { shape: JSON.stringify({ format, width, height, pages, hasAlpha }), pixels };
}
