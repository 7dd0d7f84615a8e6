import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import {
  EXAMPLE_VIEW_TOKEN,
  revocationBody,
  viewToken,
  viewTokenBody,
  viewTokenRevocation,
} from './view-token-schemas.ts';

export const mint: Operation = {
  id: 'createViewToken',
  summary: "Mint a token with which a page shows a user's images",
  description:
    'For backends and users; only with authentication. The holder of the token lists, describes and follows the ready images of one user, gets their presets, and nothing else: originals, `metadata` and uploads only if the request says so. A token that was minted with an API key ends with that key at the latest; `POST /view-tokens/revoke` ends it earlier. The signed URLs of presets that a page got work on for up to two windows of `READ_URL_SECONDS`.',
  tag: 'images',
  headers: ['X-User-Id'],
  mayLackBody: true,
  body: {
    'application/json': {
      schema: viewTokenBody,
      examples: {
        page: {
          summary: 'For a page with an album, to which its user adds photographs',
          value: { user_id: 'user123', only_tags: ['holiday'], upload: { max_images: 10, tags: ['holiday'] } },
        },
        own: { summary: "A user's token for its own app", value: { expires_in: 3_600, originals: true } },
      },
    },
  },
  responses: {
    201: {
      description: 'The token. It is never shown again, and not stored.',
      json: viewToken,
      examples: { minted: { summary: 'A token', value: EXAMPLE_VIEW_TOKEN } },
    },
  },
  problems: ['route-not-found', ...BODY_PROBLEMS, 'unsupported-type'],
};

export const revoke: Operation = {
  id: 'revokeViewTokens',
  summary: 'End view tokens before they expire',
  description:
    'With `user_id`, for instance when the user signs out: all of its view tokens that were issued until now. With `token_id`: that one. They end at once in the process that answers, and within five seconds in every other; streams of events end within ten. Tokens that are minted afterwards work. A repeated request is no error, and neither is an id that no token has.',
  tag: 'images',
  headers: ['X-User-Id'],
  mayLackBody: true,
  body: {
    'application/json': {
      schema: revocationBody,
      examples: {
        user: { summary: 'All tokens of a user', value: { user_id: 'user123' } },
        token: { summary: 'One token', value: { token_id: EXAMPLE_VIEW_TOKEN.token_id } },
      },
    },
  },
  responses: {
    200: {
      description: 'What has ended.',
      json: viewTokenRevocation,
      examples: {
        user: {
          summary: 'All tokens of a user',
          value: { user_id: 'user123', token_id: null, not_before: '2026-01-31T12:00:02.000Z' },
        },
      },
    },
  },
  problems: ['route-not-found', ...BODY_PROBLEMS],
};
