/** Pixels below this alpha are ignored, because they are hardly visible. */
const MIN_ALPHA = 32;

/**
 * `#rrggbb` of RGBA pixels: the mean of the fullest of 16 x 16 x 16 boxes of visible colors. White for a picture
 * without visible pixels.
 */
export function dominantColor(rgba: Uint8Array): string {
  const boxes = new Map<number, Box>();
  let fullest: Box = { count: 0, red: 255, green: 255, blue: 255 };
  for (let at = 0; at < rgba.length; at += 4) {
    if ((rgba[at + 3] ?? 0) < MIN_ALPHA) continue;
    const red = rgba[at] ?? 0;
    const green = rgba[at + 1] ?? 0;
    const blue = rgba[at + 2] ?? 0;
    const key = ((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4);
    const box = boxes.get(key) ?? { count: 0, red: 0, green: 0, blue: 0 };
    boxes.set(key, box);
    box.count += 1;
    box.red += red;
    box.green += green;
    box.blue += blue;
    if (box.count > fullest.count) fullest = box;
  }
  const { count, red, green, blue } = fullest;
  return `#${[red, green, blue].map((sum) => hex(sum / Math.max(count, 1))).join('')}`;
}

/** The number of pixels in the box, and the sums of their channels. */
interface Box {
  count: number;
  red: number;
  green: number;
  blue: number;
}

const hex = (channel: number): string => Math.round(channel).toString(16).padStart(2, '0');
