import { requireUploadTokens } from '../../operations/checks/require-enabled.ts';
import { mintUploadToken } from '../../operations/upload-tokens/mint-upload-token.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute } from '../admission/naming-route.ts';
import { addHeaders, createdAnswer, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route } from '../route.ts';
import { tokenJson } from './token-json.ts';
import { mintInput, uploadTokenBody } from './upload-token-schemas.ts';
import * as operations from './upload-tokens.openapi.ts';

/** Several times the tags and metadata of the longest token, however they are escaped. */
const MAX_MINT_BYTES = 65_536;

export const uploadTokenRoutes: readonly Route<Services & BodyChecks>[] = [
  namingRoute({
    method: 'POST',
    path: '/upload-tokens',
    operation: operations.mint,
    async receive(c, services) {
      addHeaders(c, UNCACHED);
      requireUploadTokens(services);
      const given = hasEmptyBody(c) ? {} : await readJson(c, { maxBytes: MAX_MINT_BYTES });
      const fields = parse(uploadTokenBody, given, 'body');
      return {
        claims: [claimInBody(fields)],
        async answer(access) {
          const minted = await mintUploadToken(services, access, mintInput(fields));
          c.set('concerns', { tokenId: minted.token.id });
          return createdAnswer(c, tokenJson(minted), UNCACHED);
        },
      };
    },
  }),
];
