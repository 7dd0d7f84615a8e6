import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A pointer into libheif's memory. */
type Pointer = number;

/**
 * What is used of libheif's C interface (heif.h), as Emscripten exports it: a struct that is returned goes to the first
 * pointer.
 */
interface Libheif {
  /** Its memory, replaced when it grows. */
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): Pointer;
  _heif_context_alloc(): Pointer;
  _heif_context_get_security_limits(context: Pointer): Pointer;
  _heif_context_read_from_memory_without_copy(
    error: Pointer,
    context: Pointer,
    at: Pointer,
    bytes: number,
    options: 0,
  ): void;
  _heif_context_get_primary_image_handle(error: Pointer, context: Pointer, handle: Pointer): void;
  _heif_decoding_options_alloc(): Pointer;
  _heif_decode_image(
    error: Pointer,
    handle: Pointer,
    image: Pointer,
    space: number,
    chroma: number,
    options: Pointer,
  ): void;
  _heif_image_handle_decode_image_tile(
    error: Pointer,
    handle: Pointer,
    image: Pointer,
    space: number,
    chroma: number,
    options: Pointer,
    column: number,
    row: number,
  ): void;
  _heif_image_get_width(image: Pointer, channel: number): number;
  _heif_image_get_height(image: Pointer, channel: number): number;
  _heif_image_get_plane_readonly2(image: Pointer, channel: number, stride: Pointer): Pointer;
  _heif_image_release(image: Pointer): void;
}

/** heif_colorspace, heif_channel. */
const RGB = 1;
const INTERLEAVED = 10;

/** heif_error_code. */
const OUT_OF_MEMORY = 6;

/** heif_chroma: the interleaved forms, of 8 bits, and of as many as the picture has in 16. */
const CHROMAS = { 3: { 8: 10, 16: 14 }, 4: { 8: 11, 16: 15 } } as const;

/** The form of decoded pixels: RGB, or RGBA. */
export interface PixelForm {
  readonly channels: 3 | 4;
  /** 16: little endian, with the picture's own number of significant bits. */
  readonly bits: 8 | 16;
}

/** A decoded picture, or one of its tiles. The pixels are valid until the next one is decoded. */
export interface DecodedPart {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly rowBytes: number;
}

/**
 * The primary picture of an open file. What libheif prints isn't kept. Errors: `Error`, if the file can't be decoded.
 */
export interface OpenHeic extends Disposable {
  /**
   * The whole picture. Derived items include the turns and crops of their parts, and their own; other items have none
   * applied.
   */
  whole(form: PixelForm, isDerived: boolean): DecodedPart;
  /** One tile of a grid; those at the edge may reach beyond it. */
  tile(form: PixelForm, column: number, row: number): DecodedPart;
}

const require = createRequire(import.meta.url);

type Compiled = object;
interface MadeInstance {
  readonly exports: object;
}
/** Node's types have it only for browsers. */
const { Module, Instance: WasmInstance } = Reflect.get(globalThis, 'WebAssembly') as {
  readonly Module: new (bytes: Uint8Array) => Compiled;
  readonly Instance: new (module: Compiled, imports: object) => MadeInstance;
};
let compiled: Compiled | undefined;

/**
 * An instance reserves 2 GB of addresses, of which a decoder has few, and a new one waits until the collector has freed
 * the one before (150 ms). So one serves file after file.
 */
interface Instance {
  readonly heif: Libheif;
  /** Its memory when it was new. */
  readonly fresh: Uint8Array;
}
let idle: Instance | undefined;

function takeInstance(): Instance {
  const taken = idle ?? newInstance();
  idle = undefined;
  return taken;
}

/**
 * With the memory of a new one: what a file did to it, no other file sees. One whose memory grew, or that failed, isn't
 * used again.
 */
function giveBack({ heif, fresh }: Instance): void {
  if (heif.HEAPU8.length !== fresh.length) return;
  heif.HEAPU8.set(fresh);
  idle = { heif, fresh };
}

function newInstance(): Instance {
  const script = require.resolve('libheif-js/libheif-wasm/libheif.js');
  compiled ??= new Module(readFileSync(script.replace(/\.js$/, '.wasm')));
  const module = compiled;
  const heif: Libheif = require(script)({
    instantiateWasm(imports: object, done: (made: MadeInstance) => void) {
      const made = new WasmInstance(module, imports);
      done(made);
      return made.exports;
    },
    print: () => undefined, // standard output is the channel of answers
    printErr: () => undefined,
  });
  return { heif, fresh: Uint8Array.from(heif.HEAPU8) };
}

/** Whether the optional package is installed. */
export function isLibheifInstalled(): boolean {
  try {
    require.resolve('libheif-js/libheif-wasm/libheif.js');
    return true;
  } catch {
    return false;
  }
}

/** Opens a file whose structure is sound. */
export function openHeic(path: string): OpenHeic {
  const instance = takeInstance();
  const { heif } = instance;
  const [error, result] = [heif._malloc(12), heif._malloc(8)];
  const word = (at: Pointer): number => heif.HEAPU32[at >> 2] ?? 0;
  const check = (what: string): void => {
    if (word(error) === OUT_OF_MEMORY) throw new Error('cannot allocate memory for a HEIC');
    if (word(error) !== 0) throw new Error(`libheif could not ${what}: error ${word(error)}.${word(error + 4)}`);
  };

  const context = heif._heif_context_alloc();
  heif.HEAPU32[(heif._heif_context_get_security_limits(context) + MAX_BOXES_IN_A_BOX) >> 2] = MAX_BOXES;
  const [bytes, sizeBytes] = placeFile(heif, path);
  heif._heif_context_read_from_memory_without_copy(error, context, bytes, sizeBytes, 0);
  check('read the file');
  heif._heif_context_get_primary_image_handle(error, context, result);
  check('find the primary picture');
  const primary = word(result);
  const options = heif._heif_decoding_options_alloc();
  const ignoreTransformations = (isIgnored: boolean): void => {
    heif.HEAPU8[options + IGNORE_TRANSFORMATIONS] = isIgnored ? 1 : 0;
  };
  ignoreTransformations(true);
  heif.HEAPU8[options + STRICT_DECODING] = 1;

  let last: Pointer | undefined;
  let hasFailed = false;
  const decoded = (decode: () => void, { bits, channels }: PixelForm): DecodedPart => {
    hasFailed = true;
    if (last !== undefined) heif._heif_image_release(last);
    last = undefined;
    decode();
    check('decode the picture');
    last = word(result);
    const width = heif._heif_image_get_width(last, INTERLEAVED);
    const height = heif._heif_image_get_height(last, INTERLEAVED);
    const start = heif._heif_image_get_plane_readonly2(last, INTERLEAVED, result);
    const rowBytes = word(result);
    if (start === 0 || rowBytes < (width * channels * bits) / 8)
      throw new Error('libheif gave other pixels than asked for');
    hasFailed = false;
    return { width, height, rowBytes, pixels: heif.HEAPU8.subarray(start, start + rowBytes * height) };
  };
  return {
    whole: (form, isDerived) => {
      ignoreTransformations(!isDerived);
      const chroma = CHROMAS[form.channels][form.bits];
      return decoded(() => heif._heif_decode_image(error, primary, result, RGB, chroma, options), form);
    },
    tile: (form, column, row) =>
      decoded(() => {
        const chroma = CHROMAS[form.channels][form.bits];
        heif._heif_image_handle_decode_image_tile(error, primary, result, RGB, chroma, options, column, row);
      }, form),
    [Symbol.dispose]() {
      if (!hasFailed) giveBack(instance);
    },
  };
}

/**
 * The offset of `max_children_per_box` in heif_security_limits. A burst has a configuration for each of its pictures;
 * libheif's own limit is 100.
 */
const MAX_BOXES_IN_A_BOX = 60;
/** As many as the walk of the structure allows. */
const MAX_BOXES = 2_000;

/** The offsets of two bytes in heif_decoding_options, since its versions 1 and 3. */
const IGNORE_TRANSFORMATIONS = 1;
const STRICT_DECODING = 21;

/** Read into libheif's memory, so that it is held once. */
function placeFile(heif: Libheif, path: string): readonly [at: Pointer, bytes: number] {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const at = heif._malloc(size);
    if (at === 0) throw new Error('cannot allocate memory for a HEIC');
    for (let done = 0; done < size; ) {
      const read = readSync(file, heif.HEAPU8, at + done, size - done, done);
      if (read === 0) throw new Error('the file became shorter');
      done += read;
    }
    return [at, size];
  } finally {
    closeSync(file);
  }
}
