import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prepare, WrongUsage } from './command.ts';
import { USER } from './user.ts';

describe('the arguments of user', () => {
  for (const args of [
    ['export', 'ada', 'folder'],
    ['delete', 'ada'],
    ['delete', 'ada', '--block-days', '0', '--target', 's3://bucket/prefix', '--wait'],
    ['delete', 'ada', '--block-days', '3650'],
    ['delete', 'ada', '--status'],
    ['delete', 'ada', '--dry-run'],
    ['delete', 'ada', '--yes'],
    ['delete', '--status', '--', '--status'],
    ['delete', ' '],
    ['carry-out'],
    ['carry-out', '--once'],
  ])
    it(`are accepted: ${args.join(' ')}`, () => {
      assert.equal(typeof prepare(USER, args), 'function');
    });

  for (const [args, says] of [
    [[], 'expected export, delete, carry-out, --help or --version; got nothing'],
    [['remove', 'ada'], 'expected export, delete, carry-out, --help or --version; got "remove"'],
    [['carry-out', 'ada'], 'expected options only; got other arguments'],
    [['export'], 'expected one USER and one DIR'],
    [['export', 'ada'], 'expected one USER and one DIR'],
    [['export', '', 'folder'], 'expected a user id; got an empty text'],
    [['delete'], 'expected one USER'],
    [['delete', 'ada', 'bob'], 'expected one USER'],
    [['delete', ''], 'expected a user id; got an empty text'],
    [['delete', 'x'.repeat(129)], /128/],
    [['delete', 'a\nb'], /^expected no control characters; got /],
    [['delete', 'ada', '--status', '--wait'], 'expected --status alone; got other options too'],
    [['delete', 'ada', '--dry-run', '--yes'], 'expected --dry-run alone; got other options too'],
    [['delete', 'ada', '--block-days', '-1'], /block-days/],
    [['delete', 'ada', '--block-days', '3651'], 'expected 0 to 3650 days after --block-days; got "3651"'],
    [['delete', 'ada', '--block-days', '1.5'], 'expected 0 to 3650 days after --block-days; got "1.5"'],
    [['delete', 'ada', '--target', 's3://B'], /^expected a folder, or s3:.* as TARGET; got "s3:\/\/B"$/],
    [['delete', 'ada', '--target'], /--target/],
    [['delete', 'ada', '--bogus'], /--bogus/],
  ] as const)
    it(`are refused: ${args.join(' ').slice(0, 60)}`, () => {
      assert.throws(
        () => prepare(USER, args),
        (error: unknown) => {
          assert.ok(error instanceof WrongUsage);
          if (typeof says === 'string') assert.equal(error.message, says);
          else assert.match(error.message, says);
          return true;
        },
      );
    });
});
