import { randomBytes } from 'node:crypto';
import type { PostgresEndpoint } from '../../../../../../test/servers/postgres.ts';
import { administer, createDatabase } from '../../../../../../test/servers/postgres-for-tests.ts';

export interface OwnedDatabase extends AsyncDisposable {
  readonly name: string;
  /** For DATABASE_URL, with a role of `roles`, or the superuser. */
  urlOf(role?: string): string;
  readonly roles: { readonly owner: string; readonly service: string };
}

/** An empty database of a role that is no superuser, and another role that may only connect. */
export async function createOwnedDatabase(endpoint: PostgresEndpoint): Promise<OwnedDatabase> {
  await using stack = new AsyncDisposableStack();
  const mark = randomBytes(6).toString('hex');
  const roles = { owner: `owner_${mark}`, service: `service_${mark}` };
  for (const role of Object.values(roles)) {
    await administer(endpoint.url, `CREATE ROLE ${role} LOGIN`);
    stack.defer(() => administer(endpoint.url, `DROP ROLE ${role}`));
  }
  const { url } = stack.use(await createDatabase(endpoint));
  const name = url.slice(url.lastIndexOf('/') + 1);
  await administer(endpoint.url, `ALTER DATABASE ${name} OWNER TO ${roles.owner}`);
  const held = stack.move();
  return {
    name,
    urlOf: (role) => (role === undefined ? url : url.replace(/\/\/[^@]*@/, `//${role}@`)),
    roles,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
