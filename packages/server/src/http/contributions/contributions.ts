import { guestUrlOf } from '../../domain/access/access.ts';
import { type GuestSecret, parseGuestSecret } from '../../domain/access/guest-actor.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { extensionOf } from '../../domain/image/media-type.ts';
import { type ContributionInput, completeContribution } from '../../operations/contributions/complete-contribution.ts';
import { decideContribution } from '../../operations/contributions/decide-contribution.ts';
import { findContributions } from '../../operations/contributions/find-contributions.ts';
import { grantContribution } from '../../operations/contributions/grant-contribution.ts';
import { previewContribution } from '../../operations/contributions/preview-contribution.ts';
import { takeBack } from '../../operations/contributions/take-back.ts';
import type { Services } from '../../services.ts';
import { answer, createdAnswer, jsonAnswer, NO_STORE, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { imageJson } from '../images/image-json.ts';
import type { ImageViews } from '../images/image-view.ts';
import { clientOf } from '../request/client.ts';
import { headerValues } from '../request/header.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { requireType } from '../uploads/upload-fields.ts';
import { uploadStateJson } from '../uploads/upload-json.ts';
import { contributionsQuery, decideContributionBody, grantContributionBody } from './contribution-schemas.ts';
import * as operations from './contributions.openapi.ts';

/** The longest filename and name, in any escaping, and several times the rest. */
const GRANT_LIMITS = { maxBytes: 8_192 };
const DECISION_LIMITS = { maxBytes: 1_024 };

/** Pictures that guests add by links of albums, and what the owner decides about them. */
export const contributionRoutes: readonly Route<Services & ImageViews>[] = [
  {
    method: 'POST',
    path: '/albums/:album_id/links/:link_id/uploads',
    operation: operations.grant,
    async handle(c, services) {
      const secret = secretOf(c);
      const given = parse(grantContributionBody, await readJson(c, GRANT_LIMITS), 'body');
      const type = requireType(given.content_type, 'content_type');
      const grant = await grantContribution(services, {
        url: guestUrlOf(c.get('access')),
        secret,
        name: given.name ?? null,
        contentType: given.content_type,
        filename: given.filename ?? `image.${extensionOf(type)}`,
        sizeBytes: given.size,
        sha256: given.sha256 ?? undefined,
        idempotencyKey: idempotencyKeyOf(c),
        publicOrigin: c.get('publicOrigin'),
      });
      c.set('concerns', { imageId: grant.image.id });
      return createdAnswer(c, uploadStateJson(grant, services.settings), UNCACHED);
    },
  },
  {
    method: 'POST',
    path: '/albums/:album_id/links/:link_id/uploads/:id/complete',
    operation: operations.complete,
    async handle(c, services) {
      const image = await completeContribution(services, contributionOf(c), clientOf(c));
      return jsonAnswer(c, contributionJson(image), UNCACHED);
    },
  },
  {
    method: 'DELETE',
    path: '/albums/:album_id/links/:link_id/uploads/:id',
    operation: operations.takeBack,
    async handle(c, services) {
      const asked = contributionOf(c);
      await takeBack(services, asked);
      return jsonAnswer(c, { image_id: asked.imageId, status: 'deleted' });
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/contributions',
    operation: operations.list,
    async handle(c, services) {
      const { cursor } = parse(contributionsQuery, parametersOf(c), 'query');
      const found = await findContributions(services, c.get('access'), { id: albumIdOf(c), cursor });
      const view = services.viewFor(c);
      const images = found.images.map((image) => imageJson(image, view));
      return jsonAnswer(c, { count: images.length, images, next_cursor: found.nextCursor }, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/contributions/:id/preview',
    operation: operations.preview,
    async handle(c, services) {
      const asked = { id: albumIdOf(c), imageId: imageIdOf(c) };
      const { bytes } = await previewContribution(services, c.get('access'), asked, clientOf(c));
      return answer(c, bytes, 200, { 'content-type': 'image/jpeg', ...NO_STORE });
    },
  },
  {
    method: 'PUT',
    path: '/albums/:album_id/contributions/:id',
    operation: operations.decide,
    async handle(c, services) {
      const { verdict } = parse(decideContributionBody, await readJson(c, DECISION_LIMITS), 'body');
      const asked = { id: albumIdOf(c), imageId: imageIdOf(c), verdict };
      const image = await decideContribution(services, c.get('access'), asked);
      return jsonAnswer(c, { image_id: image.id, status: image.status }, UNCACHED);
    },
  },
];

const contributionJson = (image: Image) => ({
  image_id: image.id,
  status: image.status,
  ...(image.status === 'rejected' && { rejection: image.rejection }),
});

const contributionOf = (c: RouteContext): ContributionInput => ({
  url: guestUrlOf(c.get('access')),
  secret: secretOf(c),
  imageId: imageIdOf(c),
});

/** Errors: `invalid-request`. */
function secretOf(c: RouteContext): GuestSecret {
  const [text = '', ...others] = headerValues(c, 'guest-secret');
  const secret = others.length === 0 ? parseGuestSecret(text) : undefined;
  if (secret !== undefined) return secret;
  throw invalidField('Guest-Secret', 'expected 32 to 64 random characters of base64url in one header; got another');
}

const albumIdOf = (c: RouteContext): string => c.req.param('album_id') ?? '';
const imageIdOf = (c: RouteContext): string => c.req.param('id') ?? '';
