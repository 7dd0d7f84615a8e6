import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Size } from '../../src/domain/rendition/transform.ts';

export interface DecodedHeic extends Size {
  /** Y, Cb, Cr and alpha before the conversion to RGB, as far as the file has them. */
  readonly planes: readonly Uint16Array[];
  /** RGBA of 8 bits. */
  readonly pixels: Buffer;
  readonly icc: Buffer;
  readonly thumbnails: number;
}

/** libheif's C API, compiled to WebAssembly: pointers are numbers. */
interface Module {
  readonly call: (name: string, ...values: readonly number[]) => number;
  /** Calls a function that returns a `heif_error`, which C passes through an additional first pointer. */
  readonly check: (name: string, ...values: readonly number[]) => void;
  readonly memory: () => Buffer;
}

function load(): Module {
  const require = createRequire(import.meta.url);
  const path = require.resolve('libheif-js/libheif-wasm/libheif.js');
  const exports = require(path)({ wasmBinary: readFileSync(join(dirname(path), 'libheif.wasm')) });
  const call: Module['call'] = (name, ...values) => exports[`_${name}`](...values);
  const memory = (): Buffer => Buffer.from(exports.HEAPU8.buffer);
  const check: Module['check'] = (name, ...values) => {
    const error = call('malloc', 12);
    call(name, error, ...values);
    const [code, subcode, text] = [0, 4, 8].map((at) => memory().readUInt32LE(error + at));
    call('free', error);
    if (code === 0 || text === undefined) return;
    const message = memory().toString('latin1', text, memory().indexOf(0, text));
    throw new Error(`${name} failed with ${code}.${subcode}: ${message}`);
  };
  return { call, check, memory };
}

/** Decodes the primary item in a module of its own, which frees all memory. */
export function decodeHeic(bytes: Uint8Array): DecodedHeic {
  const module = load();
  const { call, check, memory } = module;
  const data = call('malloc', bytes.length);
  memory().set(bytes, data);
  const context = call('heif_context_alloc');
  check('heif_context_read_from_memory_without_copy', context, data, bytes.length, 0);
  const result = call('malloc', 4);
  check('heif_context_get_primary_image_handle', context, result);
  const handle = memory().readUInt32LE(result);
  const decode = (colorspace: number, chroma: number): number => {
    check('heif_decode_image', handle, result, colorspace, chroma, 0);
    return memory().readUInt32LE(result);
  };
  const [undecided, rgb, interleavedRgba] = [99, 1, 11];
  const native = decode(undecided, undecided);
  const planes = [0, 1, 2, 6].flatMap((channel) => planeOf(module, native, channel) ?? []);
  const [pixels] = [planeOf(module, decode(rgb, interleavedRgba), 10)];
  if (!pixels) throw new Error('expected interleaved pixels; got none');
  const icc = Buffer.alloc(call('heif_image_handle_get_raw_color_profile_size', handle));
  const profile = call('malloc', icc.length);
  if (icc.length > 0) check('heif_image_handle_get_raw_color_profile', handle, profile);
  memory().copy(icc, 0, profile);
  return {
    width: call('heif_image_handle_get_width', handle),
    height: call('heif_image_handle_get_height', handle),
    planes,
    pixels: Buffer.from(pixels),
    icc,
    thumbnails: call('heif_image_handle_get_number_of_thumbnails', handle),
  };
}

/** The channels of `enum heif_channel`: 0 to 2 are Y, Cb and Cr, 6 is alpha, 10 is interleaved. */
function planeOf({ call, memory }: Module, image: number, channel: number): Uint16Array | null {
  const width = call('heif_image_get_width', image, channel);
  const height = call('heif_image_get_height', image, channel);
  if (width <= 0 || height <= 0) return null;
  const result = call('malloc', 4);
  const start = call('heif_image_get_plane_readonly', image, channel, result);
  const bytes = memory();
  const stride = bytes.readInt32LE(result);
  const isWide = call('heif_image_get_bits_per_pixel_range', image, channel) > 8;
  const columns = channel === 10 ? width * 4 : width;
  const samples = new Uint16Array(columns * height);
  for (let at = 0; at < samples.length; at++) {
    const row = start + Math.floor(at / columns) * stride;
    const column = at % columns;
    samples[at] = isWide ? bytes.readUInt16LE(row + 2 * column) : (bytes[row + column] ?? 0);
  }
  return samples;
}
