import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import sharp, { type WebpOptions } from 'sharp';
import {
  WEBP_FLAGS,
  webpAnimation,
  webpCanvas,
  webpChunk,
  webpData,
  webpFile,
  webpFrame,
} from '../../../../../../test/pictures/webp-bytes.ts';
import { refusalOf } from './inspection.fixture.ts';

const SIZE = { width: 64, height: 64 };
const { animation, exif, alpha, profile } = WEBP_FLAGS;

describe('a WebP file', () => {
  let files: Awaited<ReturnType<typeof sources>>;
  before(async () => {
    files = await sources();
  });

  const refusal = (bytes: Uint8Array, limits = {}): Promise<string | undefined> =>
    refusalOf(bytes, 'image/webp', limits);

  const sound: Readonly<Record<string, () => Uint8Array>> = {
    'lossy pixels': () => files.lossyFile,
    'lossless pixels': () => files.losslessFile,
    'lossy pixels with alpha': () => files.alphaFile,
    'an animation': () => files.animated,
    'an animation of one frame': () => animationOf(webpFrame(SIZE, files.lossy)),
    'a VP8L frame and a VP8 frame with alpha': () =>
      animationOf(webpFrame(SIZE, files.lossless), webpFrame(SIZE, files.alpha, files.alphaColors)),
    'a frame in the lower right corner': () =>
      webpFile(
        webpCanvas({ width: 128, height: 128 }, animation),
        webpAnimation(),
        webpFrame({ ...SIZE, left: 64, top: 64 }, files.lossy),
      ),
    'a VP8X chunk, EXIF, XMP and unknown chunks': () =>
      webpFile(
        webpCanvas(SIZE, exif),
        files.lossy,
        webpChunk('EXIF', Buffer.alloc(301)),
        webpChunk('XMP ', Buffer.alloc(90_000)),
        webpChunk('junk', Buffer.alloc(9)),
      ),
    'flags for a missing profile and missing alpha': () => webpFile(webpCanvas(SIZE, profile | alpha), files.lossy),
    '64 KB after its end': () => Buffer.concat([files.lossyFile, Buffer.alloc(65_536)]),
  };
  for (const [what, bytes] of Object.entries(sound)) {
    it(`with ${what} is sound`, async () => {
      assert.equal(await refusal(bytes()), undefined);
    });
  }

  const unsound: Readonly<Record<string, readonly [bytes: () => Uint8Array, detail: RegExp]>> = {
    'whose RIFF header claims more bytes than the file has': [
      () => patched(files.lossyFile, (bytes) => bytes.writeUInt32LE(bytes.length - 6, 4)),
      /as many bytes as its RIFF header says; got one that is cut off$/,
    ],
    'whose RIFF header ends within a frame': [
      () => patched(files.animated, (bytes) => bytes.writeUInt32LE(bytes.length - 1_000, 4)),
      /end where what they are in ends; got one that goes beyond$/,
    ],
    'with more than 64 KB after its end': [
      () => Buffer.concat([files.lossyFile, Buffer.alloc(65_537)]),
      /at most 65,536 bytes after the end of the image; got 65,537$/,
    ],
    'with a second picture': [
      () => webpFile(files.lossy, files.lossy),
      /one picture in a WebP that is not animated; got/,
    ],
    'with a second VP8X chunk': [
      () => webpFile(webpCanvas(SIZE, 0), webpCanvas(SIZE, 0), files.lossy),
      /one VP8X chunk, the first of a WebP; got another$/,
    ],
    'with a short VP8X chunk': [
      () => webpFile(webpChunk('VP8X', Buffer.alloc(9)), files.lossy),
      /a VP8X chunk of 10 bytes; got 9$/,
    ],
    'with a long VP8X chunk, which browsers do not show': [
      () => webpFile(webpChunk('VP8X', Buffer.concat([webpCanvas(SIZE, 0).subarray(8), Buffer.alloc(2)])), files.lossy),
      /a VP8X chunk of 10 bytes; got 12$/,
    ],
    'without chunks': [() => webpFile(), /expected a picture in a WebP; got none$/],
    'with a VP8X chunk only': [() => webpFile(webpCanvas(SIZE, 0)), /expected a picture in a WebP; got none$/],
    'that begins with another chunk': [() => webpFile(webpChunk('EXIF', Buffer.alloc(2)), files.lossy), /begins with/],
    'with alpha that its VP8X chunk does not announce': [
      () => webpFile(webpCanvas(SIZE, 0), files.alpha, files.alphaColors),
      /got an alpha chunk without that$/,
    ],
    'whose canvas has another size': [
      () => webpFile(webpCanvas({ width: 128, height: 64 }, 0), files.lossy),
      /a picture of 128 x 64 in a WebP, as it says before; got one of 64 x 64$/,
    ],
    'whose VP8 chunk has other bytes': [
      () => webpFile(webpChunk('VP8 ', Buffer.alloc(99))),
      /a picture in the VP8 chunk of a WebP; got other bytes$/,
    ],
    'that announces frames and has none': [
      () => webpFile(webpCanvas(SIZE, animation), webpAnimation()),
      /a frame in an animated WebP; got none$/,
    ],
    'that announces frames and has a picture': [
      () => webpFile(webpCanvas(SIZE, animation), webpAnimation(), files.lossy),
      /in its frames; got one outside$/,
    ],
    'with frames that nothing announces': [
      () => webpFile(webpCanvas(SIZE, 0), webpAnimation(), webpFrame(SIZE, files.lossy)),
      /before the frames of a WebP; got neither or one$/,
    ],
    'with frames that no ANIM chunk announces': [
      () => webpFile(webpCanvas(SIZE, animation), webpFrame(SIZE, files.lossy)),
      /before the frames of a WebP; got neither or one$/,
    ],
    'with a frame beyond its canvas': [
      () => animationOf(webpFrame(SIZE, files.lossy), webpFrame({ ...SIZE, left: 2 }, files.lossy)),
      /frame 2 inside its 64 x 64 pixels; got one that goes beyond$/,
    ],
    'with a frame whose picture is smaller': [
      () =>
        webpFile(
          webpCanvas({ width: 128, height: 128 }, animation),
          webpAnimation(),
          webpFrame({ width: 128, height: 128 }, files.lossy),
        ),
      /a picture of 128 x 128 in a WebP, as it says before; got one of 64 x 64$/,
    ],
    'with a frame whose picture is larger': [
      () => animationOf(webpFrame({ width: 32, height: 64 }, files.lossy)),
      /a picture of 32 x 64 in a WebP, as it says before; got one of 64 x 64$/,
    ],
    'with a frame without a picture': [() => animationOf(webpFrame(SIZE)), /one picture in a WebP's frame 1; got 0$/],
    'with two pictures in a frame': [
      () => animationOf(webpFrame(SIZE, files.lossy, files.lossy)),
      /one picture in a WebP's frame 1; got 2$/,
    ],
    'with an incomplete frame header': [
      () => animationOf(webpFrame(SIZE, files.lossy), webpChunk('ANMF', Buffer.alloc(8))),
      /frame 2 to have a header; got 8 bytes$/,
    ],
    'with a chunk that goes beyond its frame': [
      () => animationOf(webpFrame(SIZE, files.lossy.subarray(0, -2)), webpFrame(SIZE, files.lossy)),
      /end where what they are in ends; got one that goes beyond$/,
    ],
    'with a profile of 5 MB': [
      () => webpFile(webpCanvas(SIZE, profile), webpChunk('ICCP', Buffer.alloc(5_000_000)), files.lossy),
      /a color profile of at most 4,194,304 bytes; got 5,000,000$/,
    ],
  };
  for (const [what, [bytes, detail]] of Object.entries(unsound)) {
    it(`${what} is refused`, async () => {
      assert.match((await refusal(bytes())) ?? 'ready', detail);
    });
  }

  it('with 900,000 frames is refused by their count, at the first one too many', async () => {
    const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .webp({ lossless: true })
      .toBuffer();
    const one = { width: 1, height: 1 };
    const frame = webpFrame(one, webpChunk('VP8L', webpData(pixel, 'VP8L')));
    const frames = (count: number): Buffer =>
      webpFile(webpCanvas(one, animation), webpAnimation(), Buffer.alloc(count * frame.length, frame));
    assert.equal(await refusal(frames(900_000)), 'expected at most 5,000 frames; got 5,001');
    assert.equal(await refusal(frames(5)), undefined);
    assert.equal(await refusal(frames(5), { maxFrames: 4 }), 'expected at most 4 frames; got 5');
  });

  it('is refused by the total pixels of its frames before decoding, and by its number of chunks', async () => {
    const full = animationOf(...Array.from({ length: 4 }, () => webpFrame(SIZE, files.lossy)));
    assert.match(
      (await refusal(full, { maxAnimationPixels: 4 * 4_096 - 1 })) ?? 'ready',
      /pixels in all frames; got 4/,
    );
    const empty = webpChunk('junk', Buffer.alloc(0));
    const chunked = (count: number): Buffer => webpFile(files.lossy, Buffer.alloc(count * empty.length, empty));
    assert.equal(await refusal(chunked(99_999)), undefined);
    assert.equal(await refusal(chunked(100_000)), 'expected at most 100,000 chunks in a WebP; got more');
    const within = animationOf(webpFrame(SIZE, files.lossy, Buffer.alloc(100_000 * empty.length, empty)));
    assert.equal(await refusal(within), 'expected at most 100,000 chunks in a WebP; got more');
  });

  it('with truncated pixels, in its alpha or second frame too, is refused even if all lengths are repaired', async () => {
    const cut = (chunk: Buffer, share: number): Buffer =>
      webpChunk(chunk.toString('latin1', 0, 4), chunk.subarray(8, 8 + Math.floor((chunk.length - 8) * share)));
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const all = {
        lossy: webpFile(cut(files.lossy, share)),
        lossless: webpFile(cut(files.lossless, share)),
        alpha: webpFile(webpCanvas(SIZE, alpha), cut(files.alpha, share), files.alphaColors),
        frame: animationOf(webpFrame(SIZE, files.lossy), webpFrame(SIZE, cut(files.lossy, share))),
      };
      for (const [what, bytes] of Object.entries(all)) {
        assert.match((await refusal(bytes)) ?? 'ready', /; got /, `${what} cut to ${share}`);
      }
    }
  });
});

const animationOf = (...frames: readonly Buffer[]): Buffer =>
  webpFile(webpCanvas(SIZE, animation | alpha), webpAnimation(), ...frames);

function patched(bytes: Buffer, patch: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  patch(copy);
  return copy;
}

/** Noise, so that no pixel can be predicted from its neighbors. */
async function sources() {
  const encoded = (channels: 3 | 4, options: WebpOptions): Promise<Buffer> =>
    sharp(randomBytes(SIZE.width * SIZE.height * channels), { raw: { ...SIZE, channels } })
      .webp({ effort: 0, ...options })
      .toBuffer();
  const [lossyFile, losslessFile] = [await encoded(3, {}), await encoded(4, { lossless: true })];
  const alphaFile = await encoded(4, {});
  const { width, height } = SIZE;
  const raw = { width, height: 2 * height, channels: 4 as const, pageHeight: height };
  const chunk = (file: Buffer, type: string): Buffer => webpChunk(type, webpData(file, type));
  return {
    lossyFile,
    losslessFile,
    alphaFile,
    animated: await sharp(randomBytes(raw.width * raw.height * 4), { raw })
      .webp({ effort: 0 })
      .toBuffer(),
    lossy: chunk(lossyFile, 'VP8 '),
    lossless: chunk(losslessFile, 'VP8L'),
    alpha: chunk(alphaFile, 'ALPH'),
    alphaColors: chunk(alphaFile, 'VP8 '),
  };
}
