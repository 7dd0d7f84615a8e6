import type { PublishedImage, ReadyImage } from '../../domain/image/image.ts';
import { presetNamed } from '../../domain/rendition/presets.ts';
import { readReadyImage } from '../../operations/images/read-image.ts';
import { readImageByPresetUrl, readPublicImage } from '../../operations/images/read-shared-image.ts';
import { notInTrash, trashedImage } from '../../operations/images/visible-image.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { purgeRenditions } from '../../operations/renditions/purge-renditions.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import {
  type Admission,
  type AskedRendition,
  blamePreset,
  findRendition,
  nameOf,
  renditionAnswer,
  renditionFilename,
  trashedRenditionAnswer,
} from '../answers/rendition-answer.ts';
import type { RenditionPlans } from '../answers/rendition-plans.ts';
import { allowAnyPage, IMMUTABLE, PUBLIC, REVALIDATED, sharedKeeping } from '../answers/shared-picture.ts';
import { downloadQuery } from '../images/image-schemas.ts';
import type { PresetVersions } from '../images/image-view.ts';
import { clientOf } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { presetQuery } from './rendition-schemas.ts';
import * as operations from './renditions.openapi.ts';

type RenditionServices = Services & RenditionPlans & PresetVersions;

export const renditionRoutes: readonly Route<RenditionServices>[] = [
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset',
    operation: operations.readPreset,
    async handle(c, services) {
      const { v, trashed } = parse(presetQuery, parametersOf(c), 'query');
      if (trashed) return ofTrashed(c, services);
      const { preset, asked, ...admission } = await admitted(c, services, v);
      if (asked.image.visibility === 'public') allowAnyPage(c);
      return renditionAnswer(c, services, asked, admission).catch((error: unknown) => blamePreset(preset, error));
    },
  },
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset/download',
    operation: operations.downloadPreset,
    async handle(c, services) {
      const { disposition } = parse(downloadQuery, parametersOf(c), 'query');
      const { preset, asked } = await askedByPreset(c, services);
      const rendition = await findRendition(c, services, asked).catch((error: unknown) => blamePreset(preset, error));
      const { url, expiresAt } = await createRenditionDownload(services, rendition, {
        disposition,
        filename: renditionFilename(asked.name, rendition),
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
  const { preset, asked } = presetOf(c, services, await trashedImage(services, access, c.req.param('id') ?? ''));
  return trashedRenditionAnswer(c, services, asked).catch((error: unknown) => blamePreset(preset, error));
}

const refusalOf = (c: RouteContext): Error =>
  c.get('refusal') ?? new Error('expected a reason to refuse an anonymous caller; got none');

/**
 * The preset of an image that the caller may see, and how long caches keep it. Without a credential the image is looked
 * up first: only those who are admitted learn whether such a preset exists.
 */
async function admitted(
  c: RouteContext,
  services: RenditionServices,
  version: string | undefined,
): Promise<AskedPreset & Admission> {
  const access = c.get('access');
  const id = c.req.param('id') ?? '';
  const { principal } = access;
  switch (principal.kind) {
    case 'link': {
      const readmit = () => readImageByPresetUrl(services, principal.url);
      const { image, expiresAt } = await readmit();
      allowAnyPage(c);
      return { ...presetOf(c, services, image), readmit, keepingAt: (now) => sharedKeeping(expiresAt, now) };
    }
    case 'anonymous': {
      const readmit = async (): Promise<ReadyImage> => {
        const image = await readPublicImage(services, access, id);
        if (image) return image;
        throw refusalOf(c);
      };
      const { preset, asked } = presetOf(c, services, await readmit());
      // The name of the file is the owner's own.
      return { preset, asked: { ...asked, name: preset }, readmit, keepingAt: () => PUBLIC };
    }
    case 'open': {
      const found = await askedByPreset(c, services);
      const { image } = found.asked;
      const isCurrent = services.presetVersions.some(
        ({ name, versionFor }) => name === found.preset && versionFor(image) === version,
      );
      return { ...found, keepingAt: () => (isCurrent ? IMMUTABLE : REVALIDATED) };
    }
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
      return { ...(await askedByPreset(c, services)), keepingAt: () => REVALIDATED };
  }
}

async function askedByPreset(c: RouteContext, services: RenditionServices): Promise<AskedPreset> {
  presetNamed(services.settings.presets, c.req.param('preset') ?? ''); // before any look-up
  const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
  return presetOf(c, services, image);
}

function presetOf<Of extends PublishedImage>(c: RouteContext, { settings }: Services, image: Of): AskedPreset<Of> {
  const preset = c.req.param('preset') ?? '';
  const transform = presetNamed(settings.presets, preset);
  return { preset, asked: { image, kind: 'preset', transform, name: `${nameOf(image)}-${preset}` } };
}

async function purge(c: RouteContext, services: Services): Promise<Response> {
  const access = c.get('access');
  const [id, preset] = [c.req.param('id') ?? '', c.req.param('preset')];
  const which = { id, ...(preset !== undefined && { preset }) };
  const removed = await purgeRenditions(services, access, which, clientOf(c));
  return jsonAnswer(c, { image_id: id.toLowerCase(), removed });
}
