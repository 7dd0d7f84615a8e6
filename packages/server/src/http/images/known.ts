import { findKnown } from '../../operations/images/find-known.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute } from '../admission/naming-route.ts';
import { jsonAnswer, NO_STORE } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import * as operations from './known.openapi.ts';
import { knownBody } from './known-schemas.ts';

/** A thousand digests take two thirds of it. */
const MAX_BYTES = 131_072;

export const knownRoutes: readonly Route<Services & BodyChecks>[] = [
  namingRoute({
    method: 'POST',
    path: '/images/known',
    operation: operations.findKnown,
    async receive(c, services) {
      const asked = parse(knownBody, await readJson(c, { maxBytes: MAX_BYTES }), 'body');
      return {
        claims: [claimInBody(asked)],
        members: asked.sha256.length,
        async answer(access) {
          const found = await findKnown(services, access, asked.sha256);
          const images = found.map(({ sha256, imageId, status }) => ({ sha256, image_id: imageId, status }));
          return jsonAnswer(c, { count: images.length, images }, NO_STORE);
        },
      };
    },
  }),
];
