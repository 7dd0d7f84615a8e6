import { randomInt } from 'node:crypto';
import { paddedPng, type TestImage, testImage } from '../packages/server/test/test-images.ts';

export const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

export type Bytes = Uint8Array<ArrayBuffer>;

export const bytesOf = (data: string | Buffer): Bytes => new Uint8Array(Buffer.from(data));

/** A real picture, another one each time. */
export const picture = async (options: Partial<TestImage> = {}): Promise<Bytes> =>
  bytesOf(await testImage({ type: 'image/png', width: 24, height: 16, seed: randomInt(1_000_000), ...options }));

/** A real PNG of exactly so many bytes. */
export const pictureOfSize = async (sizeBytes: number): Promise<Bytes> =>
  bytesOf(paddedPng(Buffer.from(await picture()), sizeBytes));

export const HTML = bytesOf('<!doctype html><script>alert(1)</script>');
