import type * as z from 'zod';
import { actorOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { exportKey } from '../../domain/image/object-key.ts';
import { contentDisposition } from '../../http-semantics/content-disposition.ts';
import { askDeletion } from '../../operations/users/ask-deletion.ts';
import { askExport, type ExportState, readExport } from '../../operations/users/ask-export.ts';
import { deletionReport } from '../../operations/users/deletion-report.ts';
import { readDeletion } from '../../operations/users/read-deletion.ts';
import type { Services } from '../../services.ts';
import { preview } from '../../text/preview.ts';
import { actForMembers } from '../admission/access.ts';
import { countMembers, type RateLimited } from '../admission/request-rates.ts';
import { acceptedAnswer, jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { parametersOf } from '../request/query.ts';
import { userInPath } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { deleteUserQuery, type userExport } from './user-schemas.ts';
import * as operations from './users.openapi.ts';

/** A person's data, for backends that act for the person. */
export const userRoutes: readonly Route<Services & RateLimited>[] = [
  {
    method: 'DELETE',
    path: '/users/:user_id',
    operation: operations.remove,
    async handle(c, services) {
      const { userId, access } = await actingIn(c, services);
      const { confirm } = parse(deleteUserQuery, parametersOf(c), 'query');
      if (confirm !== userId)
        throw invalidField('?confirm', `expected ${preview(userId)}, as in the path; got ${preview(confirm)}`);
      const deletion = await askDeletion(services, { userId, actor: actorOf(access) ?? unproven() });
      const report = deletionReport(services, deletion);
      return deletion.endedAt === null ? acceptedAnswer(c, report, UNCACHED) : jsonAnswer(c, report, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/users/:user_id/deletion',
    operation: operations.describeDeletion,
    async handle(c, services) {
      const { userId } = await actingIn(c, services);
      const deletion = await readDeletion(services, userId);
      if (deletion) return jsonAnswer(c, deletionReport(services, deletion), UNCACHED);
      const detail = 'expected a user whose deletion was asked for; got another, or one of whom nothing was found';
      throw new AppError('user-not-found', detail);
    },
  },
  {
    method: 'POST',
    path: '/users/:user_id/export',
    operation: operations.make,
    async handle(c, services) {
      const { userId, access } = await actingIn(c, services);
      const asked = await askExport(services, { userId, actor: actorOf(access) ?? unproven() });
      const json = await exportJson(c, services, asked);
      return asked.done ? jsonAnswer(c, json, UNCACHED) : acceptedAnswer(c, json, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/users/:user_id/export',
    operation: operations.describeExport,
    async handle(c, services) {
      const { userId } = await actingIn(c, services);
      const found = await readExport(services, userId);
      if (found) return jsonAnswer(c, await exportJson(c, services, found), UNCACHED);
      const detail = 'expected a user whose export was asked for, within the day after it was made; got none';
      throw new AppError('user-not-found', detail);
    },
  },
];

const DAY_SECONDS = 86_400;

async function exportJson(
  c: RouteContext,
  { presigner, clock }: Pick<Services, 'presigner' | 'clock'>,
  { askedAt, done }: ExportState,
): Promise<z.input<typeof userExport>> {
  const asked = { asked_at: askedAt.toISOString() };
  const NONE = { url: null, url_expires_at: null, removed_at: null, size: null };
  if (!done) return { state: 'waiting', ...asked, ...NONE, images: null, originals: null, missing: null };
  const { folder, endsAt, size, images, originals, missing } = done;
  const leftSeconds = Math.floor((endsAt.getTime() - clock.now().getTime()) / 1_000);
  const { url, expiresAt } = await presigner.presignGet(exportKey(folder, 'export.zip'), {
    publicOrigin: c.get('publicOrigin'),
    expiresInSeconds: Math.min(Math.max(leftSeconds, 1), DAY_SECONDS),
    contentType: 'application/zip',
    disposition: contentDisposition('attachment', 'export.zip'),
  });
  return {
    state: 'ready',
    ...asked,
    url,
    url_expires_at: expiresAt.toISOString(),
    removed_at: endsAt.toISOString(),
    ...{ size, images, originals, missing },
  };
}

/**
 * The user of the path, for whom the request acts and counts. Not asked: whether that user is blocked, as after a
 * deletion. Errors: `invalid-request`, those of `actForMembers`, `rate-limited`.
 */
async function actingIn(c: RouteContext, services: RateLimited): Promise<{ userId: string; access: Access }> {
  const userId = userInPath(c);
  const access = actForMembers(c, [{ pointer: 'user_id', userId }]);
  await countMembers(c, services, [access]);
  return { userId, access };
}

const unproven = (): never => {
  throw new Error('expected a caller with a credential; got none');
};
