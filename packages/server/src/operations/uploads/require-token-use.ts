import { keyspaceOf, ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { tokenUsedUp, useOf } from '../../domain/access/upload-token.ts';
import type { Services } from '../../services.ts';
import { keyWithin } from './idempotency.ts';

/**
 * Refuses a direct upload before its body is received, if its upload token is used up. One with an Idempotency-Key in
 * use passes, because only its body tells whether it repeats that upload. Uploads under way aren't counted yet: the
 * write of the record decides. Errors: `upload-token-used-up`.
 */
export async function requireTokenUse(
  { images, clock }: Pick<Services, 'images' | 'clock'>,
  access: Access,
  idempotencyKey: string | undefined,
): Promise<void> {
  const token = tokenOf(access);
  const use = token && useOf(token);
  if (!use || !(await images.isUsedUp(use))) return;
  if (idempotencyKey !== undefined) {
    const of = { userId: ownerOf(access), key: keyWithin(keyspaceOf(access), idempotencyKey) };
    if (await images.findKeyUse(of, clock.now())) return;
  }
  throw tokenUsedUp(use);
}
