import { caughtBy } from '../breakage.ts';

/** The deletion of a user that was asked for by HTTP. */
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
  ...caughtBy('packages/server/src/operations/users/carry-out-deletions.test.ts', [
    ['who asks for many keeps others waiting', 'inTurns', 'one.turn - other.turn', '0'],
  ]),
  ...caughtBy('packages/server/test/users/delete-user.ci.test.ts', [
    ['a deletion that was killed goes on once its URLs have ended', 'deleteUser', 'before?.askedBy', 'null'],
  ]),
];
