import * as z from 'zod';
import { DEFAULT_TOKEN_SECONDS } from '../../domain/access/upload-token.ts';
import { isViewTokenId, MAX_ONLY_TAGS } from '../../domain/access/view-token.ts';
import type { MintViewTokenInput } from '../../operations/view-tokens/mint-view-token.ts';
import { closedObject, tags, userId } from '../request/fields.ts';
import { boundsOf, expiresIn, uploadBounds } from './upload-token-schemas.ts';

const onlyTags = tags
  .refine(({ length }) => length >= 1 && length <= MAX_ONLY_TAGS, {
    error: ({ input }) =>
      `expected 1 to ${MAX_ONLY_TAGS} tags; got ${Array.isArray(input) && input.length > 0 ? input.length : 'none'}`,
  })
  .meta({ minItems: 1, maxItems: MAX_ONLY_TAGS });
const trueOrFalse = z.boolean('expected true or false');

/** In JSON a null field counts as absent. */
export const viewTokenBody = closedObject({
  user_id: userId
    .nullish()
    .meta({ description: "Whose images the token shows. A user's own credential may leave it out." }),
  expires_in: expiresIn
    .nullish()
    .meta({ description: `Seconds until the token expires. Default: ${DEFAULT_TOKEN_SECONDS}, an hour.` }),
  upload: closedObject(uploadBounds, 'expected an object with the bounds of uploads')
    .nullish()
    .meta({ description: 'The token also uploads, within these bounds; `{}`: without bounds. Default: it does not.' }),
  only_tags: onlyTags.nullish().meta({
    description: 'The token shows images with all of these tags only. Default: every ready image of the user.',
  }),
  originals: trueOrFalse.nullish().meta({ description: 'The token also opens originals. Default: false.' }),
  metadata: trueOrFalse.nullish().meta({ description: 'The token also shows `metadata`. Default: false.' }),
});

export const mintViewInput = (given: z.output<typeof viewTokenBody>): MintViewTokenInput => ({
  expiresInSeconds: given.expires_in ?? DEFAULT_TOKEN_SECONDS,
  upload: given.upload ? boundsOf(given.upload) : null,
  onlyTags: given.only_tags ?? [],
  showsOriginals: given.originals ?? false,
  showsMetadata: given.metadata ?? false,
});

/** The detail never repeats the value: people send the token itself. */
const tokenId = z
  .string('expected the token_id of a view token, as text')
  .refine(isViewTokenId, {
    error: ({ input }) =>
      `expected the token_id of a view token, v and 22 characters of A-Z, a-z, 0-9, - and _; got another text${
        typeof input === 'string' && /^[\w-]{22}$/.test(input)
          ? ': an upload token ends with the key that minted it'
          : ''
      }`,
  })
  .meta({ pattern: '^v[A-Za-z0-9_-]{22}$' });

export const revocationBody = closedObject({
  user_id: userId.nullish().meta({
    description:
      "All view tokens of this user; with token_id that one of them. A user's own credential may leave it out.",
  }),
  token_id: tokenId.nullish().meta({ description: 'One view token, by the `token_id` of its answer.' }),
});

export const viewToken = z
  .object({
    token: z.string().meta({ description: 'The credential, for `Authorization: Bearer`.' }),
    token_id: z.string().meta({ description: 'Names the token in the audit and in revocations. It is no secret.' }),
    user_id: z.string().meta({ description: 'Whose images it shows.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ViewToken' });

export const viewTokenRevocation = z
  .object({
    user_id: z.string().nullable().meta({ description: 'null: the token of any user.' }),
    token_id: z.string().nullable().meta({ description: 'null: all view tokens of the user.' }),
    not_before: z.iso.datetime().meta({
      description: 'Of all tokens of a user: those issued until then have ended. A new token is issued later.',
    }),
  })
  .meta({ id: 'ViewTokenRevocation' });

/** No token of any service. */
export const EXAMPLE_VIEW_TOKEN = {
  token: `slv_${'x'.repeat(120)}.${'x'.repeat(43)}`,
  token_id: 'vq7Zt0cJ4nXW9sYdB2uLk3A',
  user_id: 'user123',
  expires_at: '2026-01-31T12:10:00.000Z',
};
