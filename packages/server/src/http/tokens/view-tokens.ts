import { requireViewTokens } from '../../operations/checks/require-enabled.ts';
import { mintViewToken } from '../../operations/view-tokens/mint-view-token.ts';
import { revokeViewTokens } from '../../operations/view-tokens/revoke-view-tokens.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute } from '../admission/naming-route.ts';
import { addHeaders, createdAnswer, jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { revocationJson, tokenJson } from './token-json.ts';
import { mintViewInput, revocationBody, viewTokenBody } from './view-token-schemas.ts';
import * as operations from './view-tokens.openapi.ts';

/** Several times the tags and metadata of the longest token, however they are escaped. */
const MAX_MINT_BYTES = 65_536;

export const viewTokenRoutes: readonly Route<Services & BodyChecks>[] = [
  namingRoute({
    method: 'POST',
    path: '/view-tokens',
    operation: operations.mint,
    async receive(c, services) {
      const fields = parse(viewTokenBody, await bodyOf(c, services), 'body');
      return {
        claims: [claimInBody(fields)],
        async answer(access) {
          const minted = await mintViewToken(services, access, mintViewInput(fields));
          c.set('concerns', { tokenId: minted.token.id });
          return createdAnswer(c, tokenJson(minted), UNCACHED);
        },
      };
    },
  }),
  namingRoute({
    method: 'POST',
    path: '/view-tokens/revoke',
    operation: operations.revoke,
    async receive(c, services) {
      const fields = parse(revocationBody, await bodyOf(c, services), 'body');
      const tokenId = fields.token_id ?? null;
      return {
        claims: [claimInBody(fields)],
        async answer(access) {
          if (tokenId !== null) c.set('concerns', { tokenId });
          return jsonAnswer(c, revocationJson(await revokeViewTokens(services, access, tokenId)), UNCACHED);
        },
      };
    },
  }),
];

async function bodyOf(c: RouteContext, services: Services & BodyChecks): Promise<unknown> {
  addHeaders(c, UNCACHED);
  requireViewTokens(services);
  return hasEmptyBody(c) ? {} : readJson(c, { maxBytes: MAX_MINT_BYTES });
}
