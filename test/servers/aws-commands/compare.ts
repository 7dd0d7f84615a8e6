import { PERMISSIONS, type Permission, type Role } from '../../../packages/server/src/admin/provision/permissions.ts';
import { type Need, needsOf } from './needs.ts';
import type { SenderRole } from './role.ts';

/** The kinds of commands that processes sent, by role. */
export type Seen = Partial<Readonly<Record<SenderRole, readonly string[]>>>;

/** Whose policies a process has. */
const ROLES_OF: Readonly<Record<SenderRole, readonly Role[]>> = {
  api: ['api'],
  worker: ['worker'],
  alone: ['api', 'worker'],
  operator: ['operator'],
  backup: ['backup'],
  provision: ['provision'],
  'provision-tests': ['provision'],
  test: ['api', 'worker', 'operator', 'backup', 'provision'],
};

/** A line for each right that a role lacks. Errors: for a kind of command that `needs.ts` doesn't know. */
export function missing(seen: Seen, permissions: readonly Permission[] = PERMISSIONS): string[] {
  const lines = senders(seen).flatMap(([sender, kinds]) => {
    const own = permissions.filter(({ roles }) => roles.some((role) => ROLES_OF[sender].includes(role)));
    return kinds.flatMap((kind) =>
      needsOf(kind)
        .filter((need) => !own.some((one) => grants(one, need)))
        .map(({ action, on }) => `missing: ${sender} needs ${action} on ${on} for ${kind}`),
    );
  });
  return [...new Set(lines)];
}

/** A line for each right that a role has without a reason in the table, and that no command of it needed. */
export function unused(seen: Seen, permissions: readonly Permission[] = PERMISSIONS): string[] {
  return permissions
    .filter(({ why }) => why === undefined)
    .flatMap((one) =>
      one.roles.flatMap((role) => {
        const kinds = senders(seen).flatMap(([sender, sent]) => (isOf(role, sender) ? sent : []));
        const needs = kinds.flatMap(needsOf);
        return rightsOf(one)
          .filter((right) => !needs.some((need) => need.action === right.action && need.on === right.on))
          .map(({ action, on }) => `unused: ${role} has ${action} on ${on}`);
      }),
    );
}

const senders = (seen: Seen) => Object.entries(seen) as [SenderRole, readonly string[]][];
/** Not `test`: its services may be anyone's. */
const isOf = (role: Role, sender: SenderRole): boolean => sender !== 'test' && ROLES_OF[sender].includes(role);

const rightsOf = ({ actions, on }: Permission): Need[] =>
  actions.flatMap((action) => on.map((place) => ({ action, on: place })));
const grants = (one: Permission, need: Need): boolean =>
  rightsOf(one).some(({ action, on }) => action === need.action && on === need.on);
