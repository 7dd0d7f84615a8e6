import { servedFilename } from '../../domain/image/served-filename.ts';
import { contentDisposition, type Disposition } from '../../http-semantics/content-disposition.ts';
import { createDownload } from '../../operations/images/create-download.ts';
import { openOriginal } from '../../operations/images/open-original.ts';
import type { OpenedLink } from '../../operations/links/open-link.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { openRendition } from '../../operations/renditions/open-rendition.ts';
import { UNCACHED } from '../answers/answer.ts';
import { bytesAnswer, servable } from '../answers/bytes-answer.ts';
import { findRendition, isInStore, nameOf, renditionFilename } from '../answers/rendition-answer.ts';
import { allowAnyPage, keepingHeaders, sharedKeeping } from '../answers/shared-picture.ts';
import type { AppServices } from '../app-services.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';

/** The longest lifetime of the presigned URL to which a link redirects. That URL stays valid after the link is revoked. */
const MAX_REDIRECT_SECONDS = 60;

/** The bytes that a link opens. A page of any origin may show them. */
export async function linkAnswer(
  c: RouteContext,
  services: AppServices,
  { opened, readmit }: { readonly opened: OpenedLink; readonly readmit: () => Promise<OpenedLink> },
  disposition: Disposition,
): Promise<Response> {
  const { image, preset, expiresAt } = opened;
  allowAnyPage(c);
  const rendition =
    preset && (await findRendition(c, services, { image, kind: 'preset', transform: preset.transform }, readmit));
  const keeping = sharedKeeping(expiresAt, services.clock.now());
  const presigned = {
    disposition,
    publicOrigin: c.get('publicOrigin'),
    maxSeconds: Math.min(keeping.maxAgeSeconds, MAX_REDIRECT_SECONDS),
  };
  const redirects = rendition ? isInStore(services, rendition) : services.settings.redirectsBytes;
  const redirectTo = (presign: () => Promise<{ readonly url: string }>) =>
    redirects && { redirect: async () => ({ url: (await presign()).url, headers: UNCACHED }) };
  const headersFor = (filename: string): AnswerHeaders => ({
    ...(redirects ? UNCACHED : keepingHeaders(services, image.id, keeping)),
    'content-disposition': contentDisposition(disposition, filename),
  });

  if (!preset || !rendition) {
    const { sizeBytes, contentType } = image;
    const validators = { entityTag: `"${image.sha256}"`, lastModified: image.uploadedAt };
    const headers = headersFor(servedFilename(image.filename, contentType));
    return bytesAnswer(c, servable({ sizeBytes, contentType, validators, headers }), {
      open: async (range) => (await openOriginal(services, image, range)).body,
      ...redirectTo(() => createDownload(services, image, presigned)),
    });
  }

  const { sizeBytes, contentType, entityTag } = rendition;
  const filename = renditionFilename(`${nameOf(image)}-${preset.name}`, rendition);
  const validators = { entityTag, lastModified: null };
  return bytesAnswer(c, servable({ sizeBytes, contentType, validators, headers: headersFor(filename) }), {
    open: (range) => openRendition(services, rendition, range),
    ...redirectTo(() => createRenditionDownload(services, rendition, { ...presigned, filename })),
  });
}
