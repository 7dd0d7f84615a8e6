import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createSealer } from '../../src/domain/access/seal.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { FocalPoint } from '../../src/domain/image/focal-point.ts';
import type { PublishedImage } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { MediaType } from '../../src/domain/image/media-type.ts';
import { type AcceptedFormats, EVERY_ACCEPTED } from '../../src/domain/rendition/accepted-formats.ts';
import { fullSizeRecipe } from '../../src/domain/rendition/full-size-jpeg.ts';
import { planRendition } from '../../src/domain/rendition/plan-rendition.ts';
import { createRenderLinks } from '../../src/domain/rendition/render-links.ts';
import { renditionName } from '../../src/domain/rendition/rendition-name.ts';
import { renditionVersion } from '../../src/domain/rendition/rendition-version.ts';
import type { Transform } from '../../src/domain/rendition/transform.ts';
import { canonicalTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { ENCODER } from '../../src/imaging/render/encoder.ts';

type Source = Pick<PublishedImage, 'width' | 'height' | 'sha256'> & {
  readonly contentType: MediaType;
  readonly focalPoint: FocalPoint | null;
};

/** URLs, names and versions that commit 2ffdf965 made. */
interface Earlier {
  /** In hex. */
  readonly key: string;
  readonly imageId: ImageId;
  readonly encoder: string;
  readonly sources: readonly Source[];
  /** The names of each source's JPEG in full size. */
  readonly fullSize: readonly string[];
  readonly renditions: readonly {
    readonly canonical: string;
    readonly path: string;
    /** With the first source's focal point. */
    readonly version: string;
    /** The names for each source and each of `ACCEPTED`; null: refused. */
    readonly names: readonly (string | null)[];
  }[];
}

const ACCEPTED: readonly AcceptedFormats[] = [
  EVERY_ACCEPTED,
  { avif: false, webp: true },
  { avif: false, webp: false },
];

const EARLIER: Earlier = JSON.parse(await readFile(new URL('links-of-2ffdf965.json', import.meta.url), 'utf8'));
const { key, imageId, encoder, sources, fullSize, renditions } = EARLIER;
const links = createRenderLinks(createSealer([Buffer.from(key, 'hex')]));
const NOW = new Date('2027-01-01T00:00:00Z');
const read = (path: string) => links.read(imageId, path.replace(/^[^?]*\?/, ''), NOW);

function nameOf(source: Source, transform: Transform, accepted: AcceptedFormats): string | null {
  try {
    return renditionName(planRendition(source, transform, accepted), { sha256: source.sha256, encoder });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-request') return null;
    throw error;
  }
}

describe('a hundred URLs that an earlier commit signed', () => {
  it('are valid, canonical, and signed again alike', () => {
    assert.equal(renditions.length, 100);
    for (const { canonical, path } of renditions) {
      const { transform, epoch, expiresAt } = read(path);
      assert.equal(canonicalTransform(transform), canonical);
      assert.equal(links.make({ id: imageId, epoch }, transform, expiresAt), path);
    }
  });

  it('name the same renditions and versions, so stored ones are found', () => {
    assert.equal(ENCODER, encoder);
    for (const { canonical, path, version, names } of renditions) {
      const { transform } = read(path);
      const came = sources.flatMap((source) => ACCEPTED.map((accepted) => nameOf(source, transform, accepted)));
      assert.deepEqual(came, names, canonical);
      assert.equal(renditionVersion(transform, encoder, sources[0]?.focalPoint ?? null), version, canonical);
    }
  });

  it('leave the JPEG in full size its name', () => {
    const named = sources.map((source) => renditionName(fullSizeRecipe(source), { sha256: source.sha256, encoder }));
    assert.deepEqual(named, fullSize);
  });
});
