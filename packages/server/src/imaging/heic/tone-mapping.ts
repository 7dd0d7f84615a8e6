import { isHighRange, type Nclx } from '../inspect/structure/heic/heic-source.ts';
import { inverse, primariesOf, product, SRGB_PRIMARIES, toXyz, transferOf } from './coded-colors.ts';

/** Writes `pixels` of samples, with `channels` each, as 8-bit sRGB. */
export type ToneMapping = (
  source: Uint8Array | Uint16Array,
  target: Uint8Array,
  pixels: number,
  channels: 3 | 4,
) => void;

/** The luminance of white paper in HDR, in cd/m² (ITU-R BT.2408). */
const WHITE = 203;
/**
 * The brightest that keeps a difference from what is brighter still: that of the reference screen for HLG (BT.2100),
 * and of most PQ.
 */
const PEAK = 1_000;
const HEADROOM = PEAK / WHITE;

/**
 * For a picture of high dynamic range; undefined for others. Its brightest channel is compressed as by Reinhard's
 * extended operator, which leaves the ratios of the channels, so that no hue changes; then colors outside sRGB are
 * clipped.
 */
export function toneMappingOf(nclx: Nclx, bitDepth: number): ToneMapping | undefined {
  if (!isHighRange(nclx)) return undefined;
  const transfer = transferOf(nclx);
  const light = Float32Array.from({ length: 2 ** bitDepth }, (_, code) => {
    const value = code / (2 ** bitDepth - 1);
    return transfer === 'pq' ? pq(value) : hlg(value);
  });
  const last = light.length - 1;
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = product(inverse(toXyz(SRGB_PRIMARIES)), toXyz(primariesOf(nclx)));
  const [, [yr, yg, yb]] = toXyz(primariesOf(nclx));
  const isHlg = transfer === 'hlg';
  return (source, target, pixels, channels) => {
    for (let n = 0, at = 0; n < pixels; n++, at += channels) {
      let r = light[Math.min(source[at] ?? 0, last)] ?? 0;
      let g = light[Math.min(source[at + 1] ?? 0, last)] ?? 0;
      let b = light[Math.min(source[at + 2] ?? 0, last)] ?? 0;
      const most = Math.max(r, g, b);
      // BT.2100: the scene's light becomes the screen's by its luminance.
      const shown = isHlg ? HEADROOM * (yr * r + yg * g + yb * b) ** (SYSTEM_GAMMA - 1) : 1;
      const bright = most * shown;
      const scale = (shown * (1 + bright / HEADROOM ** 2)) / (1 + bright);
      r *= scale;
      g *= scale;
      b *= scale;
      target[at] = encoded(rr * r + rg * g + rb * b);
      target[at + 1] = encoded(gr * r + gg * g + gb * b);
      target[at + 2] = encoded(br * r + bg * g + bb * b);
      if (channels === 4) target[at + 3] = Math.round(((source[at + 3] ?? 0) * 255) / last);
    }
  };
}

const SYSTEM_GAMMA = 1.2;

/** SMPTE ST 2084: light in units of white paper. */
function pq(value: number): number {
  const [m1, m2, c1, c2, c3] = [
    2610 / 16_384,
    (2523 / 4096) * 128,
    3424 / 4096,
    (2413 / 4096) * 32,
    (2392 / 4096) * 32,
  ];
  const power = value ** (1 / m2);
  return ((Math.max(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1) * 10_000) / WHITE;
}

/** BT.2100, table 5: the scene's light, from 0 to 1. */
function hlg(value: number): number {
  const [a, b, c] = [0.178_832_77, 0.284_668_92, 0.559_910_73];
  return value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - c) / a) + b) / 12;
}

const STEPS = 4_095;
/** sRGB's curve (IEC 61966-2-1), for the square root of light: finer in the shadows. */
const SRGB = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = (step / STEPS) ** 2;
  return Math.round(255 * (light <= 0.003_130_8 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

const encoded = (light: number): number =>
  light >= 1 ? 255 : light > 0 ? (SRGB[Math.round(Math.sqrt(light) * STEPS)] ?? 255) : 0;
