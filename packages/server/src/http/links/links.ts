import { signedUrlOf } from '../../domain/access/access.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { createLink } from '../../operations/links/create-link.ts';
import { findLinks } from '../../operations/links/find-links.ts';
import { linkNotFound, type OpenedLink, openLink } from '../../operations/links/open-link.ts';
import { revokeLink } from '../../operations/links/revoke-link.ts';
import { revokeLinks } from '../../operations/links/revoke-links.ts';
import { findFullSize } from '../../operations/renditions/create-full-size-download.ts';
import { findRendition } from '../../operations/renditions/find-rendition.ts';
import type { AskedRendition, RenditionPlans } from '../../operations/renditions/rendition-plans.ts';
import type { Services } from '../../services.ts';
import { createdAnswer, jsonAnswer, UNCACHED, varyBy } from '../answers/answer.ts';
import { blamePreset, formatsFor } from '../answers/rendition-answer.ts';
import { allowAnyPage } from '../answers/shared-picture.ts';
import { readJson } from '../bodies/request-body.ts';
import { clientOf, payerFor } from '../request/client.ts';
import { header } from '../request/header.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { linkAnswer } from './link-answer.ts';
import { shareLinkJson } from './link-json.ts';
import { refusedPage } from './link-page.ts';
import { createLinkBody, openLinkQuery } from './link-schemas.ts';
import * as operations from './links.openapi.ts';

/** Several times all fields at their longest. */
const MAX_LINK_BYTES = 1_024;

export const linkRoutes: readonly Route<Services & RenditionPlans>[] = [
  {
    method: 'POST',
    path: '/images/:id/links',
    operation: operations.create,
    async handle(c, services) {
      const access = c.get('access');
      const given = parse(createLinkBody, await readJson(c, { maxBytes: MAX_LINK_BYTES }), 'body');
      const asked = {
        id: idOf(c),
        preset: given.preset ?? null,
        expiresInSeconds: given.expires_in,
        payer: payerFor(c),
      };
      const signed = await createLink(services, access, asked);
      c.set('concerns', { imageId: signed.image.id, linkId: signed.link.id });
      return createdAnswer(c, shareLinkJson(services, c.get('publicOrigin'), signed), UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/images/:id/links',
    operation: operations.list,
    async handle(c, services) {
      const found = await findLinks(services, c.get('access'), idOf(c));
      const links = found.map((signed) => shareLinkJson(services, c.get('publicOrigin'), signed));
      return jsonAnswer(c, { count: links.length, links }, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/images/:id/links/:link_id',
    operation: operations.open,
    async handle(c, services) {
      const { download, format } = parse(ASKED, parametersOf(c), 'query');
      const link = { url: signedUrlOf(c.get('access')), linkId: linkIdOf(c) };
      const opened = await openLink(services, link);
      const { image, preset } = opened;
      if (preset && format) throw invalidField('?format', 'expected format with a link to the original only; got jpeg');
      allowAnyPage(c);
      try {
        const found = preset && (await findRendition(services, presetOf(c, image, preset), clientOf(c)));
        const jpeg = format && (await findFullSize(services, image, clientOf(c)));
        if (found?.tookLong || jpeg) await openLink(services, link);
        const rendition = found?.rendition ?? jpeg ?? null;
        return await linkAnswer(c, services, { opened, rendition }, download ? 'attachment' : 'inline');
      } catch (error) {
        if (error instanceof AppError && error.code === 'image-not-found') throw linkNotFound(); // removed since the look-up
        throw preset === null ? error : blamePreset(preset.name, error);
      }
    },
    refuse(c, error) {
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return undefined;
      varyBy(c, 'Accept');
      return header(c, 'accept')?.toLowerCase().includes('text/html') ? refusedPage(c, error) : undefined;
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id/links/:link_id',
    operation: operations.revoke,
    async handle(c, services) {
      const linkId = await revokeLink(services, c.get('access'), {
        id: idOf(c),
        linkId: linkIdOf(c),
        payer: payerFor(c),
      });
      return jsonAnswer(c, { link_id: linkId, status: 'revoked' });
    },
  },
  {
    method: 'POST',
    path: '/images/:id/revoke-links',
    operation: operations.revokeAll,
    async handle(c, services) {
      const { id, updatedAt } = await revokeLinks(services, c.get('access'), { id: idOf(c), payer: payerFor(c) });
      return jsonAnswer(c, { image_id: id, revoked_at: updatedAt.toISOString() });
    },
  },
];

/** The other parameters form the seal, which was verified before. */
const ASKED = openLinkQuery.pick({ download: true, format: true });

const presetOf = (
  c: RouteContext,
  image: OpenedLink['image'],
  { transform }: NonNullable<OpenedLink['preset']>,
): AskedRendition<OpenedLink['image']> => ({ image, kind: 'preset', transform, accepted: formatsFor(c, transform) });

const idOf = (c: RouteContext): string => c.req.param('id') ?? '';
const linkIdOf = (c: RouteContext): string => c.req.param('link_id') ?? '';
