import { caughtBy } from '../breakage.ts';

/** The export and the deletion of a user that were asked for by HTTP. */
export const USERS = [
  ...caughtBy('packages/server/src/domain/access/policy.test.ts', [
    ['every admin erases users', 'policy.ts: hasScope', "scope !== 'users:erase' || principal.mayErase", 'true'],
    ['users have the scopes of backends', 'policy.ts: hasScope', '!isClosedToUsers(scope) && ', ''],
  ]),
  ...caughtBy('packages/server/test/users/erasing-routes.test.ts', [
    ['a user is erased without a confirmation', 'userRoutes', 'if (confirm !== userId)', 'if (confirm.length === 1)'],
    ['an admin gives a scope that it lacks', 'keyRoutes', "if (terms.scopes.includes('users:erase')) …;", ''],
    ['an admin takes over the scope by a rotation', 'rotateKey', 'if (access && key.scopes…;', ''],
    ['a service erases users of others', 'users.ts: actingIn', "[{ pointer: 'user_id', userId }]", '[]'],
    ['nobody reads the deletion of a blocked user', 'actingUnlessBlocked', ' && !isOfErased(operation.id)', ''],
    ['a user of whom nothing is found is blocked', 'beginAsked', 'isUnbegun(services, deletion)', 'false'],
    ['a deletion that found nothing is a receipt', 'readDeletion', '&& !hasFoundNothing(deletion) ', ''],
    ['a receipt is asked for anew', 'isAnswer', 'deletion.blockedUntil > services.clock.now() && ', 'false && '],
    ['who came back is blocked for a day only', 'deleteUser', '!isUnbegun(services, before) && ', ''],
  ]),
  ...caughtBy('packages/server/src/operations/users/in-turns.test.ts', [
    ['who asks for many keeps others waiting', 'inTurns', 'one.turn - other.turn', '0'],
  ]),
  ...caughtBy('packages/server/test/users/delete-user.ci.test.ts', [
    ['a deletion that was killed goes on once its URLs have ended', 'deleteUser', 'before?.askedBy', 'null'],
  ]),
  ...caughtBy('packages/server/test/users/export-routes.test.ts', [
    ['a damaged original is exported', 'createZip', 'if (file.sha256 === sha256) ', ''],
    ['an export stays for ever', 'carry-out-exports.ts: findDue', 'end <= services.clock.now()', 'false'],
    ['a failed export is tried at once', 'carry-out-exports.ts: isDue', '!failed || …;', 'true;'],
    [
      'an export is made beside a deletion',
      'ask-export.ts: requireNoDeletion',
      'if (!(await isBeingDeleted(…))) return;',
      'return;',
    ],
    ['a deletion leaves the export', 'erase-objects.ts: eraseObjects', 'exportsOfUser(userId), ', ''],
    [
      'an export outlives a deletion meanwhile',
      'carry-out-exports.ts: carryOut',
      'if (isEmpty || (await isOver()))',
      'if (isEmpty)',
    ],
    ['an empty export is kept', 'carry-out-exports.ts: carryOut', 'if (isEmpty || …) …;', ''],
    ['a URL of an export opens nothing', 'mayServeObject', "=== 'export.zip'", "=== 'report.json'"],
  ]),
];
