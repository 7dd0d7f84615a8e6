import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newImageId } from '../../records/images/sample-images.fixture.ts';
import { prepare, WrongUsage } from './command.ts';
import { RESTORE } from './restore.ts';

describe('the arguments of restore', () => {
  const ID = newImageId();

  for (const args of [
    ['folder'],
    ['s3://bucket/prefix', '--backup', '20261126T120321Z-4f2a9c1e', '--json'],
    ['folder', '--only', `${ID}, ${newImageId()}`],
    ['folder', '--user', 'ada', '--erasures', 'file'],
    ['folder', '--drill', '--in', '/tmp'],
  ])
    it(`are accepted: ${args.join(' ').replaceAll(/[0-9a-f-]{36}/g, 'ID')}`, () => {
      assert.equal(typeof prepare(RESTORE, args), 'function');
    });

  for (const [args, says] of [
    [[], 'expected one TARGET'],
    [['a', 'b'], 'expected one TARGET'],
    [['s3://B'], /^expected a folder, or s3:.* as TARGET; got "s3:\/\/B"$/],
    [['a', '--only', 'x'], 'expected ids of images after --only; got "x"'],
    [['a', '--only', ID, '--user', 'ada'], 'expected --only or --user; got both'],
    [['a', '--drill', '--user', 'ada'], 'expected --drill without --only and --user; got both'],
    [['a', '--in', '/tmp'], 'expected --in with --drill; got it alone'],
    [['a', '--backup', 'newest'], 'expected the id of a backup after --backup; got "newest"'],
    [['a', '--bogus'], /--bogus/],
  ] as const)
    it(`are refused: ${args.join(' ').replace(ID, 'ID')}`, () => {
      assert.throws(
        () => prepare(RESTORE, args),
        (error: unknown) => {
          assert.ok(error instanceof WrongUsage);
          if (typeof says === 'string') assert.equal(error.message, says);
          else assert.match(error.message, says);
          return true;
        },
      );
    });
});
