import type { PublishedImage, ReadyImage } from '../../domain/image/image.ts';
import { type Presets, presetNamed } from '../../domain/rendition/presets.ts';
import { readReadyImage } from '../../operations/images/read-image.ts';
import { readImageByPresetUrl, readPublicImage } from '../../operations/images/read-shared-image.ts';
import { notInTrash, trashedImage } from '../../operations/images/visible-image.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { findRendition } from '../../operations/renditions/find-rendition.ts';
import { purgeRenditions } from '../../operations/renditions/purge-renditions.ts';
import { renderTrashedImage } from '../../operations/renditions/render-image.ts';
import type { AskedRendition, RenditionPlans } from '../../operations/renditions/rendition-plans.ts';
import type { Services } from '../../services.ts';
import type { Readmission } from '../admission/access.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import {
  blamePreset,
  formatsFor,
  nameOf,
  renditionAnswer,
  renditionFilename,
  trashedRenditionAnswer,
} from '../answers/rendition-answer.ts';
import {
  allowAnyPage,
  IMMUTABLE,
  type Keeping,
  PUBLIC,
  REVALIDATED,
  sharedKeeping,
} from '../answers/shared-picture.ts';
import { downloadQuery } from '../images/image-schemas.ts';
import type { PresetVersions } from '../images/image-view.ts';
import { clientOf } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { presetQuery } from './rendition-schemas.ts';
import * as operations from './renditions.openapi.ts';

type RenditionServices = Services & RenditionPlans & PresetVersions & Readmission;

export const renditionRoutes: readonly Route<RenditionServices>[] = [
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset',
    operation: operations.readPreset,
    async handle(c, services) {
      const { v, trashed } = parse(presetQuery, parametersOf(c), 'query');
      if (trashed) return ofTrashed(c, services);
      const { preset, asked } = await admitted(c, services);
      const { image } = asked;
      if (image.visibility === 'public') allowAnyPage(c);
      try {
        const { rendition, tookLong } = await findRendition(services, asked, clientOf(c));
        if (tookLong) await requireStillShared(c, services);
        const name = nameFor(c, image, preset);
        const keeping = keepingFor(c, services, { image, preset, version: v });
        return await renditionAnswer(c, services, { image, rendition }, { name, keeping });
      } catch (error) {
        return blamePreset(preset, error);
      }
    },
  },
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset/download',
    operation: operations.downloadPreset,
    async handle(c, services) {
      const { disposition } = parse(downloadQuery, parametersOf(c), 'query');
      const { preset, asked } = await askedByPreset(c, services);
      const { rendition } = await findRendition(services, asked, clientOf(c)).catch((error: unknown) =>
        blamePreset(preset, error),
      );
      const { url, expiresAt } = await createRenditionDownload(services, rendition, {
        disposition,
        filename: renditionFilename(nameFor(c, asked.image, preset), rendition),
        publicOrigin: c.get('publicOrigin'),
      });
      const { contentType, sizeBytes } = rendition;
      const json = {
        download_url: url,
        expires_at: expiresAt.toISOString(),
        content_type: contentType,
        size: sizeBytes,
      };
      return jsonAnswer(c, json, UNCACHED);
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id/renditions/:preset',
    operation: operations.purgePreset,
    handle: purge,
  },
  {
    method: 'DELETE',
    path: '/images/:id/renditions',
    operation: operations.purgeAll,
    handle: purge,
  },
];

interface AskedPreset<Of extends PublishedImage = ReadyImage> {
  readonly preset: string;
  readonly asked: AskedRendition<Of>;
}

/** A preset of an image in the trash, for callers with a credential only: no signature and no visibility opens it. */
async function ofTrashed(c: RouteContext, services: RenditionServices): Promise<Response> {
  const access = c.get('access');
  const { principal } = access;
  if (principal.kind === 'anonymous') throw refusalOf(c);
  if (principal.kind === 'link') {
    await readImageByPresetUrl(services, principal.url);
    throw notInTrash();
  }
  presetNamed(services.settings.presets, c.req.param('preset') ?? ''); // before any look-up
  const image = await trashedImage(services, access, c.req.param('id') ?? '');
  const { preset, asked } = presetOf(c, image, services.settings.presets);
  try {
    const rendition = await renderTrashedImage(services, image, await services.planOf(asked), clientOf(c));
    return await trashedRenditionAnswer(c, services, rendition, nameFor(c, image, preset));
  } catch (error) {
    return blamePreset(preset, error);
  }
}

const refusalOf = (c: RouteContext): Error =>
  c.get('refusal') ?? new Error('expected a reason to refuse an anonymous caller; got none');

/**
 * The preset of an image that the caller may see. Without a credential the image is looked up first: only those who are
 * admitted learn whether such a preset exists.
 */
async function admitted(c: RouteContext, services: RenditionServices): Promise<AskedPreset> {
  const { principal } = c.get('access');
  switch (principal.kind) {
    case 'link': {
      const { image } = await readImageByPresetUrl(services, principal.url);
      allowAnyPage(c);
      return presetOf(c, image, services.settings.presets);
    }
    case 'anonymous':
      return presetOf(c, await publicImage(c, services), services.settings.sharedPresets);
    case 'open':
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'viewer':
    case 'guest': // whom the policy refuses
      return askedByPreset(c, services);
  }
}

async function publicImage(c: RouteContext, services: RenditionServices): Promise<ReadyImage> {
  const image = await readPublicImage(services, c.get('access'), c.req.param('id') ?? '');
  if (image) return image;
  throw refusalOf(c);
}

/**
 * Judges a caller without a credential again, and a page. What ends of another credential meanwhile counts for the next
 * request.
 */
async function requireStillShared(c: RouteContext, services: RenditionServices): Promise<void> {
  const { principal } = c.get('access');
  switch (principal.kind) {
    case 'link':
      await readImageByPresetUrl(services, principal.url);
      return;
    case 'anonymous':
      await publicImage(c, services);
      return;
    case 'open':
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'guest':
      return;
    case 'viewer':
      await services.readmit(c);
      await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      return;
  }
}

interface Versioned {
  readonly image: ReadyImage;
  readonly preset: string;
  /** That of the URL. */
  readonly version: string | undefined;
}

/** How long caches keep the answer, from now on. */
function keepingFor(c: RouteContext, services: RenditionServices, { image, preset, version }: Versioned): Keeping {
  const { principal } = c.get('access');
  switch (principal.kind) {
    case 'link':
      return sharedKeeping(principal.url.expiresAt, services.clock.now());
    case 'anonymous':
      return PUBLIC;
    case 'open': {
      const isCurrent = services.presetVersions.some(
        ({ name, versionFor }) => name === preset && versionFor(image) === version,
      );
      return isCurrent ? IMMUTABLE : REVALIDATED;
    }
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'viewer':
    case 'guest':
      return REVALIDATED;
  }
}

/**
 * The file's name, without an extension. An anonymous caller doesn't learn the image's own, which its owner gave it.
 */
const nameFor = (c: RouteContext, image: PublishedImage, preset: string): string =>
  c.get('access').principal.kind === 'anonymous' ? preset : `${nameOf(image)}-${preset}`;

async function askedByPreset(c: RouteContext, services: RenditionServices): Promise<AskedPreset> {
  presetNamed(services.settings.presets, c.req.param('preset') ?? ''); // before any look-up
  const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
  return presetOf(c, image, services.settings.presets);
}

function presetOf<Of extends PublishedImage>(c: RouteContext, image: Of, presets: Presets): AskedPreset<Of> {
  const preset = c.req.param('preset') ?? '';
  const transform = presetNamed(presets, preset);
  return { preset, asked: { image, kind: 'preset', transform, accepted: formatsFor(c, transform) } };
}

async function purge(c: RouteContext, services: Services): Promise<Response> {
  const access = c.get('access');
  const [id, preset] = [c.req.param('id') ?? '', c.req.param('preset')];
  const which = { id, ...(preset !== undefined && { preset }) };
  const { image, removed } = await purgeRenditions(services, access, which, clientOf(c));
  return jsonAnswer(c, { image_id: image.id, removed });
}
