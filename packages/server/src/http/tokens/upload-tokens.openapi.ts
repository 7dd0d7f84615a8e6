import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { EXAMPLE_TOKEN, uploadToken, uploadTokenBody } from './upload-token-schemas.ts';

export const mint: Operation = {
  id: 'createUploadToken',
  summary: 'Mint a token with which a browser or an app uploads',
  description:
    'For backends and users; only with authentication. The holder of the token uploads for one user, within the bounds of the token, and reads the state of its uploads. Tokens that the same credential minted for the same user share their uploads and `Idempotency-Key`s, so a client may ask for a new one at any time. A token that was minted with an API key ends with that key at the latest; one that was minted with a token of an issuer ends at `expires_at`.',
  tag: 'images',
  headers: ['X-User-Id'],
  mayLackBody: true,
  body: {
    'application/json': {
      schema: uploadTokenBody,
      examples: {
        page: {
          summary: 'For a page that uploads up to ten photographs',
          value: {
            user_id: 'user123',
            expires_in: 600,
            max_bytes: 10_000_000,
            content_types: ['image/jpeg', 'image/png'],
            tags: ['profile'],
            max_images: 10,
          },
        },
        avatar: {
          summary: 'For a page that sets the avatar of one user',
          value: { user_id: 'user123', expires_in: 600, external_id: 'avatar', if_exists: 'replace' },
        },
        own: { summary: "A user's token for its own app", value: { expires_in: 3_600 } },
      },
    },
  },
  responses: {
    201: {
      description: 'The token. It is never shown again, and not stored.',
      json: uploadToken,
      examples: { minted: { summary: 'A token', value: EXAMPLE_TOKEN } },
    },
  },
  problems: ['route-not-found', ...BODY_PROBLEMS, 'unsupported-type', 'image-not-found', 'image-not-ready'],
};
